import { App } from 'cdktf';
import { DockerStack } from './docker';
import { DockerRedisStack } from './docker-redis';
import { DockerSwarmStack } from './docker-swarm';
import { LocalRedisStack } from './local-redis';
import { LocalStack } from './local';

const app = new App();
new LocalStack(app, 'local');
new LocalRedisStack(app, 'local-redis');
new DockerStack(app, 'docker');
new DockerRedisStack(app, 'docker-redis');
new DockerSwarmStack(app, 'docker-swarm');
app.synth();
