// The REST side of the service, and the health endpoint.
import { checkText, Refusal } from './chat.js';

const maxBody = 64 * 1024;

/**
 * Headers that say how a request came through the proxy. A list of what to show, because the others can hold cookies
 * and tokens.
 */
const shownHeaders = [
  'host',
  'connection',
  'upgrade',
  'x-real-ip',
  'x-forwarded-for',
  'x-forwarded-proto',
];

/**
 * @typedef {import('node:http').IncomingMessage} Request
 * @typedef {import('node:http').ServerResponse} Response
 */

/**
 * @param {object} service
 * @param {import('./settings.js').Settings} service.settings
 * @param {import('socket.io').Server} service.io
 * @param {import('./backplane.js').Backplane | undefined} service.backplane
 * @param {import('./log.js').Log} service.log
 * @returns {(request: Request, response: Response) => void}
 */
export function restHandler({ settings, io, backplane, log }) {
  const { instance } = settings;
  const connectionOf = countConnections();

  /** @type {Record<string, Record<string, (request: Request) => object | Promise<object>>>} */
  const routes = {
    [settings.healthPath]: {
      // 200 also while Redis is away. Whoever asks restarts an instance that answers anything else; a restart would
      // not bring Redis back, it would cut every client of every instance. The body says what is wrong.
      GET: () => ({
        status: backplane && !backplane.isReachable() ? 'degraded' : 'ok',
        instance,
        clients: io.engine.clientsCount,
        backplane: backplane ? (backplane.isReachable() ? 'connected' : 'unreachable') : 'none',
      }),
    },
    '/dev/aiwm/instance': {
      GET: (request) => ({
        instance,
        pid: process.pid,
        connection: connectionOf(request),
        headers: Object.fromEntries(
          shownHeaders
            .filter((name) => request.headers[name] !== undefined)
            .map((name) => [name, request.headers[name]]),
        ),
      }),
    },
    '/dev/aiwm/broadcast': {
      POST: async (request) => {
        const text = checkText((await readJson(request)).text);
        io.emit('message', { text, from: 'rest', instance, room: null });
        return { sent: true, instance };
      },
    },
  };

  return (request, response) => {
    const [pathname] = (request.url ?? '/').split('?', 1);
    const methods = routes[pathname];
    const handle = methods?.[request.method === 'HEAD' ? 'GET' : (request.method ?? '')];
    if (!methods) {
      send(response, 404, { error: 'not found' });
    } else if (!handle) {
      response.setHeader('Allow', Object.keys(methods).join(', '));
      send(response, 405, { error: `use ${Object.keys(methods).join(' or ')}` });
    } else {
      answer(request, response, handle).catch((error) => {
        log.error(`${request.method} ${pathname}: ${error.message}`);
        send(response, 500, { error: 'internal error' });
      });
    }
  };
}

/**
 * @param {Request} request
 * @param {Response} response
 * @param {(request: Request) => object | Promise<object>} handle
 */
async function answer(request, response, handle) {
  try {
    send(response, 200, await handle(request));
  } catch (error) {
    if (!(error instanceof Refusal)) {
      throw error;
    }
    send(response, 400, { error: error.message });
  }
}

/**
 * @param {Response} response
 * @param {number} status
 * @param {object} body
 */
function send(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}

/**
 * @param {Request} request
 * @returns {Promise<Record<string, unknown>>}
 */
async function readJson(request) {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    // Read to its end even when it is too long: leaving early would cut the connection before the answer.
    if (body.length <= maxBody) {
      body += chunk;
    }
  }
  if (body.length > maxBody) {
    throw new Refusal(`the body is longer than ${maxBody} characters`);
  }
  try {
    const value = JSON.parse(body);
    if (typeof value === 'object' && value !== null) {
      return value;
    }
  } catch {
    // Said below: not JSON and not an object are the same mistake to a caller.
  }
  throw new Refusal('send a JSON object, for example {"text":"hello"}');
}

/**
 * Which TCP connection a request came over, and its number on it: with keepalive the number grows, without it every
 * request is the first of a new connection.
 *
 * @returns {(request: Request) => { id: number, request: number }}
 */
function countConnections() {
  /** @type {WeakMap<object, { id: number, request: number }>} */
  const known = new WeakMap();
  let connections = 0;
  return ({ socket }) => {
    const connection = known.get(socket) ?? { id: ++connections, request: 0 };
    connection.request += 1;
    known.set(socket, connection);
    return { ...connection };
  };
}
