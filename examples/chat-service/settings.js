// The environment contract of an instance: everything the outside decides, read and checked once, at the start.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { StartError } from './start-error.js';

/**
 * @typedef {object} Settings
 * @property {string} instance which instance this is, for people and for logs
 * @property {string} host address to listen on
 * @property {number} port
 * @property {string} enginePath Socket.IO's `path`: where the handshake arrives
 * @property {string} healthPath
 * @property {string} sessionIdPrefix what the ids of sessions begin with, so that nginx finds the instance of each
 * @property {string | undefined} redisUrl given when there is a backplane; holds a password, so it is never logged
 * @property {boolean} redisCluster whether that is a Redis Cluster
 * @property {number | undefined} pingInterval milliseconds; Socket.IO's own default when absent
 * @property {number | undefined} pingTimeout
 * @property {number} shutdownDelay milliseconds after SIGTERM for which new connections are accepted
 * @property {number} stopGrace milliseconds after SIGTERM until the instance is killed, where that is known
 * @property {number | undefined} reportConnections milliseconds between two lines that tell the number of connections
 */

/**
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Settings}
 */
export function readSettings(environment) {
  return {
    instance: instanceName(environment),
    // Only nginx talks to an instance, so the open address has to be asked for.
    host: environment.HOST || '127.0.0.1',
    port: port(environment.PORT),
    enginePath: path('AIWM_ENGINE_PATH', environment.AIWM_ENGINE_PATH || '/dev/aiwm/chat/'),
    healthPath: path('AIWM_HEALTH_PATH', environment.AIWM_HEALTH_PATH || '/health'),
    sessionIdPrefix: prefix(environment.AIWM_SESSION_ID_PREFIX || ''),
    redisUrl: secret('REDIS_URL', environment),
    redisCluster: flag('REDIS_CLUSTER', environment.REDIS_CLUSTER),
    pingInterval: milliseconds('AIWM_PING_INTERVAL_MS', environment.AIWM_PING_INTERVAL_MS),
    pingTimeout: milliseconds('AIWM_PING_TIMEOUT_MS', environment.AIWM_PING_TIMEOUT_MS),
    shutdownDelay: milliseconds('AIWM_SHUTDOWN_DELAY_MS', environment.AIWM_SHUTDOWN_DELAY_MS) ?? 0,
    stopGrace: milliseconds('AIWM_STOP_GRACE_MS', environment.AIWM_STOP_GRACE_MS) ?? 0,
    reportConnections: milliseconds(
      'AIWM_REPORT_CONNECTIONS_MS',
      environment.AIWM_REPORT_CONNECTIONS_MS,
    ),
  };
}

/**
 * An instance of a cluster that scales has no number. The name of its machine is its own.
 *
 * @param {NodeJS.ProcessEnv} environment
 */
export function instanceName({ INSTANCE_ID }) {
  return INSTANCE_ID || hostname();
}

/**
 * A value that must not stand in the environment is in a file that the environment names.
 *
 * @param {string} name
 * @param {NodeJS.ProcessEnv} environment
 */
function secret(name, environment) {
  const file = environment[`${name}_FILE`];
  if (!file) {
    return environment[name] || undefined;
  }
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    throw new StartError(`${name}_FILE is "${file}", which cannot be read: ${code}`);
  }
}

/** @param {string | undefined} given */
function port(given) {
  if (!given) {
    throw new StartError('PORT is not set: give the port to listen on, for example PORT=3003');
  }
  const value = wholeNumber(given);
  if (value === undefined || value < 1 || value > 65535) {
    throw new StartError(`PORT is "${given}": give a whole number from 1 to 65535`);
  }
  return value;
}

/**
 * @param {string} name
 * @param {string} given
 */
function path(name, given) {
  if (!given.startsWith('/')) {
    throw new StartError(`${name} is "${given}": a path starts with "/"`);
  }
  return given;
}

/** @param {string} given */
function prefix(given) {
  if (!/^([1-9]\d{0,2}[.])?$/.test(given)) {
    throw new StartError(
      `AIWM_SESSION_ID_PREFIX is "${given}": give the number of the instance and a dot, for example "2."`,
    );
  }
  return given;
}

/**
 * @param {string} name
 * @param {string | undefined} given
 */
function milliseconds(name, given) {
  if (!given) {
    return undefined;
  }
  const value = wholeNumber(given);
  if (value === undefined || value < 1) {
    throw new StartError(`${name} is "${given}": give a whole number of milliseconds`);
  }
  return value;
}

/**
 * @param {string} name
 * @param {string | undefined} given
 */
function flag(name, given) {
  if (given && given !== '1') {
    throw new StartError(`${name} is "${given}": give 1, or leave it out`);
  }
  return given === '1';
}

/** @param {string} text */
function wholeNumber(text) {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
