import { App } from 'cdktf';
import { LocalRedisStack } from './local-redis';
import { LocalStack } from './local';

const app = new App();
new LocalStack(app, 'local');
new LocalRedisStack(app, 'local-redis');
app.synth();
