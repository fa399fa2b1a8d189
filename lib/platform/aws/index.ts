export * from './aws-entry';
export * from './aws-network';
export * from './aws-platform';
export * from './aws-platform-props';
