export * from './aws-entry';
export * from './aws-instance-options';
export * from './aws-network';
export * from './aws-platform';
export * from './aws-platform-props';
