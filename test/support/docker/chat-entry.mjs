// What the test images of the chat service start instead of server.js: the same service, with the behaviour that
// CHAT_BEHAVIOUR of the image asks for, and its version in a header of each answer, so that a roll-out can be seen.
import { createServer, Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const {
  CHAT_BEHAVIOUR = 'good',
  CHAT_VERSION = '',
  CHAT_SLOW_MS = '20000',
  CHAT_LINGER_MS = '0',
  PORT,
  HOST,
} = process.env;

// An event loop that is stuck: no health check is answered, no signal handler of JavaScript runs.
process.on('SIGUSR2', () => {
  console.log('SIGUSR2: blocking the event loop');
  for (;;);
});

// It has closed its door, and takes its time to end.
if (CHAT_LINGER_MS !== '0') {
  const { exit } = process;
  process.exit = /** @type {typeof exit} */ (
    (code) => void setTimeout(() => exit.call(process, code), Number(CHAT_LINGER_MS))
  );
}

const { emit } = Server.prototype;
/** @type {(this: Server, ...values: any[]) => boolean} */
Server.prototype.emit = function (...values) {
  if (values[0] === 'request') {
    values[2].setHeader('X-Chat-Version', CHAT_VERSION);
  }
  return Reflect.apply(emit, this, values);
};

// Beside this file in the image.
const server = new URL('server.js', import.meta.url).href;

switch (CHAT_BEHAVIOUR) {
  case 'good':
    await import(server);
    break;
  case 'slow':
    console.log(`starting takes ${CHAT_SLOW_MS} ms`);
    await sleep(Number(CHAT_SLOW_MS));
    await import(server);
    break;
  case 'broken':
    console.error('cannot start: this image is broken');
    process.exit(1);
    break;
  case 'unhealthy':
    createServer((_request, response) => response.writeHead(503).end('unhealthy\n')).listen(
      Number(PORT),
      HOST,
    );
    process.once('SIGTERM', () => process.exit(0));
    break;
  default:
    console.error(`CHAT_BEHAVIOUR is "${CHAT_BEHAVIOUR}"`);
    process.exit(2);
}
