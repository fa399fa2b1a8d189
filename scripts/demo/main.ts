// npm run demo: the example local-redis, deployed for real, with clients, a crash, and the end of it all.
import { demo } from './demo';
import { Stage } from './stage';

const stage = new Stage();
process.once('SIGINT', () => stage.interrupt());
process.once('SIGTERM', () => stage.interrupt());

demo(stage).then(
  () => stage.end(),
  (error: unknown) => stage.fail(error),
);
