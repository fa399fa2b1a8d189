// What clients say over Socket.IO: rooms, messages to a room and to all, and a question about the connection.

const maxText = 4_000;
const roomName = /^[\w.-]{1,64}$/;

/**
 * @typedef {object} Message what clients receive as `message`
 * @property {string} text
 * @property {string} from the id of the sender's connection, or `rest`
 * @property {string} instance where the sender is connected
 * @property {string | null} room null when it went to all
 */

/** @typedef {(answer: object) => void} Acknowledge */

/**
 * @param {import('socket.io').Server} io
 * @param {string} instance
 * @param {import('./log.js').Log} log
 */
export function serveChat(io, instance, log) {
  io.on('connection', (socket) => {
    const answer = answers(socket, log);
    /** @param {string | null} room @param {string} text @returns {Message} */
    const message = (room, text) => ({ text, from: socket.id, instance, room });

    answer('whoami', () => ({
      instance,
      id: socket.id,
      transport: socket.conn.transport.name,
      address: clientAddress(socket),
    }));

    answer('join', async (room) => {
      await socket.join(roomKey(room));
      return { room };
    });

    answer('leave', async (room) => {
      await socket.leave(roomKey(room));
      return { room };
    });

    answer('say', (given) => {
      const { room, text } = fields(given);
      const key = roomKey(room);
      if (!socket.rooms.has(key)) {
        throw new Refusal(`join ${room} first`);
      }
      io.to(key).emit('message', message(String(room), checkText(text)));
      return {};
    });

    answer('broadcast', (given) => {
      io.emit('message', message(null, checkText(fields(given).text)));
      return {};
    });
  });
}

/** What the client is told when it asks for something that cannot be. */
export class Refusal extends Error {}

/** @param {unknown} text */
export function checkText(text) {
  if (typeof text !== 'string' || text.length === 0 || text.length > maxText) {
    throw new Refusal(`text has to be a string of 1 to ${maxText} characters`);
  }
  return text;
}

/**
 * Answers events through their acknowledgements. What a client sends can be anything, and no message of one client may
 * end the process that serves the others.
 *
 * @param {import('socket.io').Socket} socket
 * @param {import('./log.js').Log} log
 * @returns {(event: string, handle: (given: unknown) => object | Promise<object>) => void}
 */
function answers(socket, log) {
  return (event, handle) => {
    socket.on(event, async (/** @type {unknown[]} */ ...parameters) => {
      const last = parameters.at(-1);
      const acknowledge = /** @type {Acknowledge} */ (typeof last === 'function' ? last : () => {});
      try {
        acknowledge({ ok: true, ...(await handle(parameters[0])) });
      } catch (error) {
        const { message } = /** @type {Error} */ (error);
        const refused = error instanceof Refusal;
        if (!refused) {
          log.error(`${event}: ${message}`);
        }
        acknowledge({ ok: false, error: refused ? message : 'internal error' });
      }
    });
  };
}

/**
 * The name inside Socket.IO. Every connection is also a room named by its id; the prefix keeps a client from joining
 * another client's.
 *
 * @param {unknown} room
 */
function roomKey(room) {
  if (typeof room !== 'string' || !roomName.test(room)) {
    throw new Refusal('a room is named by 1 to 64 letters, digits, ".", "_" or "-"');
  }
  return `room:${room}`;
}

/**
 * @param {unknown} given
 * @returns {{ room?: unknown, text?: unknown }}
 */
function fields(given) {
  return typeof given === 'object' && given !== null ? given : {};
}

/**
 * The client's address as nginx saw it. The header can be believed because only nginx reaches an instance, and nginx
 * replaces what the client sent.
 *
 * @param {import('socket.io').Socket} socket
 */
function clientAddress({ handshake }) {
  const forwarded = handshake.headers['x-real-ip'];
  return typeof forwarded === 'string' ? forwarded : handshake.address;
}
