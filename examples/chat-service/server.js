// One instance of the chat service: put together, started, and stopped without losing anybody.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from 'socket.io';
import { connectBackplane } from './backplane.js';
import { serveChat } from './chat.js';
import { createLog } from './log.js';
import { restHandler } from './rest.js';
import { instanceName, readSettings } from './settings.js';
import { StartError } from './start-error.js';

/** How long a stop waits for clients that do not answer. */
const stopTimeout = 3_000;

try {
  await start();
} catch (error) {
  const { message, stack } = /** @type {Error} */ (error);
  createLog(instanceName(process.env)).error(
    error instanceof StartError ? message : (stack ?? message),
  );
  process.exit(1);
}

async function start() {
  const settings = readSettings(process.env);
  const log = createLog(settings.instance);
  const backplane = settings.redisUrl ? await connectBackplane(settings, log) : undefined;

  const server = createServer();
  // The instance has to keep an idle connection longer than the proxy before it does (4 s for the nginx of
  // cdktf-aiwm, 60 s for others): if it closed first, a request could be sent into a connection that is just going
  // away, and the client would see a 502.
  server.keepAliveTimeout = 75_000;
  // Has to be above keepAliveTimeout, or Node closes a kept connection by this timer instead.
  server.headersTimeout = 80_000;

  const io = new Server({
    path: settings.enginePath,
    // This service has no browser client of its own to hand out.
    serveClient: false,
    ...(backplane && { adapter: backplane.adapter }),
    ...(settings.pingInterval && { pingInterval: settings.pingInterval }),
    ...(settings.pingTimeout && { pingTimeout: settings.pingTimeout }),
  });
  server.on('request', restHandler({ settings, io, backplane, log }));
  io.attach(server);
  // Every request of a session names its id: by the number at its beginning nginx knows which instance that is.
  io.engine.generateId = () => settings.sessionIdPrefix + randomBytes(15).toString('base64url');
  serveChat(io, settings.instance, log);

  await listen(server, settings);
  log.info(`listening on ${settings.host}:${settings.port}, Socket.IO at ${settings.enginePath}`);

  reportConnections(io, settings.reportConnections);

  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) {
    process.once(signal, () => {
      void stop(server, io, settings, (what) => log.info(`${signal}: ${what}`)).then(() => {
        backplane?.close();
        log.info('stopped');
        process.exit(0);
      });
    });
  }
}

/**
 * A cluster that scales by connections reads them from the log: a line of JSON, and nothing else in it.
 *
 * @param {Server} io
 * @param {number | undefined} interval
 */
function reportConnections(io, interval) {
  if (interval !== undefined) {
    const line = () => JSON.stringify({ aiwm_connections: io.engine.clientsCount });
    setInterval(() => process.stdout.write(`${line()}\n`), interval).unref();
  }
}

/**
 * Accepts for a while, as long as the proxy may not know yet. Then stops accepting, and closes every connection: one
 * after another where there is time, so that the other instances are not overrun. They are closed below Socket.IO: a
 * client sees "transport close" and reconnects by itself, where after socket.disconnect() it would stay away.
 *
 * @param {import('node:http').Server} server
 * @param {Server} io
 * @param {import('./settings.js').Settings} settings
 * @param {(what: string) => void} tell
 */
async function stop(server, io, { shutdownDelay, stopGrace }, tell) {
  if (shutdownDelay > 0) {
    tell(`accepting connections for ${shutdownDelay} ms more`);
    await sleep(shutdownDelay);
  }
  tell(`closing ${io.engine.clientsCount} connections, their clients reconnect`);
  const closed = once(server, 'close');
  server.close();
  await closeOneByOne(io, stopGrace - shutdownDelay - 2 * stopTimeout);
  void io.close();
  // Requests that are being answered get a moment, connections that nobody closes from the other side do not count.
  const cut = setTimeout(() => server.closeAllConnections(), stopTimeout / 3);
  await Promise.race([closed, sleep(stopTimeout)]);
  clearTimeout(cut);
}

/**
 * @param {Server} io
 * @param {number} time milliseconds over which the connections are spread
 */
async function closeOneByOne(io, time) {
  const connections = [...io.sockets.sockets.values()].map(({ conn }) => conn);
  const end = Date.now() + time;
  for (const [index, connection] of connections.entries()) {
    const wait = (end - Date.now()) / (connections.length - index);
    if (wait > 0) {
      connection.close();
      await sleep(wait);
    }
  }
}

/**
 * @param {import('node:http').Server} server
 * @param {import('./settings.js').Settings} settings
 */
async function listen(server, { host, port }) {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const code = /** @type {{ code: string }} */ (error).code;
    const reasons = {
      EADDRINUSE: 'another process listens there; stop it or change PORT',
      EADDRNOTAVAIL: 'this machine has no such address; change HOST',
      EACCES: 'not permitted; choose a PORT of 1024 or more',
    };
    const why = /** @type {Record<string, string>} */ (reasons)[code] ?? code;
    throw new StartError(`cannot listen on ${host}:${port}: ${why}`);
  }
}
