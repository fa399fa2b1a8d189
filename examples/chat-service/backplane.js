// The Redis backplane: carries broadcasts and room messages between the instances.
import { createAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';
import { StartError } from './start-error.js';

/** How long a start waits for Redis, which may be starting at the same moment. */
const startTimeout = 10_000;

/**
 * @typedef {object} Backplane
 * @property {ReturnType<typeof createAdapter>} adapter what Socket.IO sends through
 * @property {() => boolean} isReachable
 * @property {() => void} close
 */

/**
 * Connects to Redis, or throws. The start is strict and the run is tolerant: an instance that comes up without its
 * backplane is an island whose messages reach nobody else, and a deployment with a wrong address or password has to
 * fail. But Redis that goes away later takes no instance with it: each serves its own clients and waits.
 *
 * @param {string} url
 * @param {import('./log.js').Log} log
 * @returns {Promise<Backplane>}
 */
export async function connectBackplane(url, log) {
  const address = addressOf(url);
  const deadline = Date.now() + startTimeout;
  let started = false;

  const publisher = createClient({
    url,
    // A broadcast that waited through an outage would be stale news, and a queue of them grows without end.
    disableOfflineQueue: true,
    commandsQueueMaxLength: 10_000,
    socket: {
      reconnectStrategy: (retries, cause) => {
        if (!started && (Date.now() > deadline || isRefusal(cause))) {
          return cause;
        }
        // Jitter, so that all instances do not knock at once.
        return Math.min(50 * 2 ** retries, 2_000) + Math.random() * 200;
      },
    },
  });
  const subscriber = publisher.duplicate({ disableOfflineQueue: false });
  reportOutages(publisher, `redis ${address} (publish)`, log, () => started);
  reportOutages(subscriber, `redis ${address} (subscribe)`, log, () => started);

  try {
    await Promise.all([publisher.connect(), subscriber.connect()]);
  } catch (error) {
    throw new StartError(`cannot use Redis at ${address}: ${reason(error)}`);
  }
  started = true;
  log.info(`redis ${address}: connected`);

  // The adapter does not look at the promises of these calls. When the connection breaks they are rejected, and an
  // unhandled rejection would end the process.
  ignoreRejections(publisher, ['publish']);
  ignoreRejections(subscriber, ['subscribe', 'pSubscribe', 'unsubscribe', 'pUnsubscribe']);

  return {
    adapter: createAdapter(publisher, subscriber),
    isReachable: () => publisher.isReady && subscriber.isReady,
    close: () => {
      publisher.destroy();
      subscriber.destroy();
    },
  };
}

/**
 * Says once that Redis is lost and once that it is back, instead of a line for each attempt between.
 *
 * @param {import('node:events').EventEmitter} client
 * @param {string} name
 * @param {import('./log.js').Log} log
 * @param {() => boolean} started
 */
function reportOutages(client, name, log, started) {
  let lost = false;
  // Without a listener for errors the first one would end the process.
  client.on('error', (error) => {
    if (started() && !lost) {
      lost = true;
      log.warn(`${name}: lost (${reason(error)}); clients of this instance are still served`);
    }
  });
  client.on('ready', () => {
    if (lost) {
      lost = false;
      log.info(`${name}: back`);
    }
  });
}

/**
 * @param {object} client
 * @param {string[]} names
 */
function ignoreRejections(client, names) {
  const methods = /** @type {Record<string, (...parameters: unknown[]) => Promise<unknown>>} */ (
    client
  );
  for (const name of names) {
    const method = methods[name].bind(client);
    methods[name] = (...parameters) => method(...parameters).catch(() => undefined);
  }
}

/**
 * Host and port only: the URL holds a password.
 *
 * @param {string} url
 */
function addressOf(url) {
  let parsed;
  try {
    parsed = new URL(url);
  } catch {
    parsed = undefined;
  }
  if (!parsed || !/^rediss?:$/.test(parsed.protocol)) {
    throw new StartError(
      'REDIS_URL is not the address of a Redis: give redis://[user:password@]host:port, or rediss:// for TLS',
    );
  }
  return `${parsed.hostname}:${parsed.port || 6379}`;
}

/**
 * Redis answered and said no, which waiting does not cure.
 *
 * @param {Error} error
 */
function isRefusal(error) {
  return /^(WRONGPASS|NOAUTH|NOPERM)\b/.test(error.message);
}

/** @param {unknown} error */
function reason(error) {
  const { message, code } = /** @type {{ message?: string, code?: string }} */ (error);
  return message || code || String(error);
}
