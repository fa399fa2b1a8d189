export * from './aws-dns';
export * from './aws-egress';
export * from './aws-entry';
export * from './aws-front';
export * from './aws-instance-options';
export * from './aws-network';
export * from './aws-platform';
export * from './aws-platform-props';
