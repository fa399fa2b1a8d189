export * from './multi-line-serializer';
export * from './synthesize';
export * from './synthesized-stack';
