export * from './multi-line-serializer';
export * from './stack-json';
export * from './synthesize';
export * from './synthesized-stack';
