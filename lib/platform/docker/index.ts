export * from './engine/published-ports';
export * from './host/docker-platform';
export * from './host/docker-platform-props';
export * from './swarm/docker-swarm-platform';
export * from './swarm/docker-swarm-platform-props';
