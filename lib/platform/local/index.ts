export * from './local-platform';
export * from './local-platform-props';
