// The Redis backplane: carries broadcasts and room messages between the instances.
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createClient, createCluster } from 'redis';
import { StartError } from './start-error.js';

/** How long a start waits for Redis, which may be starting at the same moment. */
const startTimeout = 10_000;

/**
 * @typedef {object} Backplane
 * @property {ReturnType<typeof createAdapter | typeof createShardedAdapter>} adapter what Socket.IO sends through
 * @property {() => boolean} isReachable
 * @property {() => void} close
 */

/**
 * Connects to Redis, or throws. The start is strict and the run is tolerant: an instance that comes up without its
 * backplane is an island whose messages reach nobody else, and a deployment with a wrong address or password has to
 * fail. But Redis that goes away later takes no instance with it: each serves its own clients and waits.
 *
 * @param {import('./settings.js').Settings} settings
 * @param {import('./log.js').Log} log
 * @returns {Promise<Backplane>}
 */
export async function connectBackplane({ redisUrl: url = '', redisCluster }, log) {
  const address = addressOf(url);
  const deadline = Date.now() + startTimeout;
  let started = false;

  /**
   * How long to wait before the next attempt, or why there is none.
   *
   * @param {number} retries
   * @param {Error} cause
   */
  const reconnectStrategy = (retries, cause) => {
    if (!started && (Date.now() > deadline || isRefusal(cause))) {
      return cause;
    }
    // Jitter, so that all instances do not knock at once.
    return Math.min(50 * 2 ** retries, 2_000) + Math.random() * 200;
  };
  const options = {
    // A broadcast that waited through an outage would be stale news, and a queue of them grows without end.
    disableOfflineQueue: true,
    commandsQueueMaxLength: 10_000,
    socket: { reconnectStrategy },
  };
  const { publisher, subscriber, adapter } = (redisCluster ? sharded : single)(url, options);
  reportOutages(publisher, `redis ${address} (publish)`, log, () => started);
  reportOutages(subscriber, `redis ${address} (subscribe)`, log, () => started);

  try {
    await Promise.all([
      connect(publisher, reconnectStrategy),
      connect(subscriber, reconnectStrategy),
    ]);
  } catch (error) {
    throw new StartError(`cannot use Redis at ${address}: ${reason(error)}`);
  }
  started = true;
  log.info(`redis ${address}: connected`);

  return {
    adapter,
    isReachable: () => isReady(publisher) && isReady(subscriber),
    close: () => {
      publisher.destroy();
      subscriber.destroy();
    },
  };
}

/**
 * What the clients of one Redis and of a cluster have in common.
 *
 * @typedef {object} Client
 * @property {(event: string, listener: (error: Error) => void) => Client} on
 * @property {() => Promise<unknown>} connect
 * @property {() => void} destroy
 * @property {boolean} isReady
 * @property {{ client?: { isReady: boolean }, pubSub?: { client: { isReady: boolean } } }[]} [masters] of a cluster
 */

/**
 * @typedef {object} Options
 * @property {boolean} disableOfflineQueue
 * @property {number} commandsQueueMaxLength
 * @property {{ reconnectStrategy: (retries: number, cause: Error) => number | Error }} socket
 */

/**
 * One Redis, through which every event goes.
 *
 * @param {string} url
 * @param {Options} options
 */
function single(url, options) {
  const publisher = createClient({ url, ...options });
  const subscriber = publisher.duplicate({ disableOfflineQueue: false });
  ignoreRejections(publisher, ['publish']);
  ignoreRejections(subscriber, ['subscribe', 'pSubscribe', 'unsubscribe', 'pUnsubscribe']);
  return { publisher, subscriber, adapter: createAdapter(publisher, subscriber) };
}

/**
 * A Redis Cluster: what is for a room goes through the shard of that room alone. With createAdapter, every event would
 * go through every shard.
 *
 * @param {string} url
 * @param {Options} options
 */
function sharded(url, { socket, ...options }) {
  const { protocol, username, password } = new URL(url);
  // The URL is for the first question alone. The nodes in the answer have nothing but a host and a port.
  const defaults = {
    ...options,
    username: decodeURIComponent(username) || undefined,
    password: decodeURIComponent(password) || undefined,
    socket: { ...socket, tls: protocol === 'rediss:' },
  };
  const publisher = createCluster({
    rootNodes: [{ url }],
    defaults,
    // So soon after a node is lost it looks for the replica that has taken over.
    topologyRefreshOnReconnectionAttemptStrategy: 1_000,
  });
  const subscriber = publisher.duplicate({
    defaults: { ...defaults, disableOfflineQueue: false },
    // It subscribes by connections of their own, and needs no others.
    minimizeConnections: true,
  });
  ignoreRejections(publisher, ['sPublish']);
  ignoreRejections(subscriber, ['sSubscribe', 'sUnsubscribe']);
  return { publisher, subscriber, adapter: createShardedAdapter(publisher, subscriber) };
}

/**
 * The strategy is for connections; a cluster that does not tell its nodes is asked again here.
 *
 * @param {Client} client
 * @param {Options['socket']['reconnectStrategy']} strategy
 */
async function connect(client, strategy) {
  /** @type {Error | undefined} */
  let cause;
  client.on('error', (error) => (cause = error));
  for (let retries = 0; ; retries += 1) {
    try {
      await client.connect();
      return;
    } catch (error) {
      const pause = strategy(retries, cause ?? /** @type {Error} */ (error));
      if (typeof pause !== 'number') {
        throw pause;
      }
      await sleep(pause);
    }
  }
}

/**
 * A cluster is ready when each of its nodes is.
 *
 * @param {Client} client
 */
function isReady({ isReady, masters = [] }) {
  const nodes = masters.flatMap(({ client, pubSub }) => [client, pubSub?.client]);
  return isReady && nodes.every((node) => node?.isReady ?? true);
}

/**
 * Says once that Redis is lost and once that it is back, instead of a line for each attempt between.
 *
 * @param {Client} client
 * @param {string} name
 * @param {import('./log.js').Log} log
 * @param {() => boolean} started
 */
function reportOutages(client, name, log, started) {
  let lost = false;
  /** @param {Error} error */
  const onError = (error) => {
    if (started() && !lost) {
      lost = true;
      log.warn(`${name}: lost (${reason(error)}); clients of this instance are still served`);
    }
  };
  const onReady = () => {
    if (lost && isReady(client)) {
      lost = false;
      log.info(`${name}: back`);
    }
  };
  // Without a listener for errors the first one would end the process. "node-…" are those of a cluster.
  client.on('error', onError).on('node-error', onError);
  client.on('ready', onReady).on('node-ready', onReady);
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
