/**
 * What a Socket.IO client may use to reach the service.
 *
 * @see https://socket.io/docs/v4/client-options/#transports
 */
export enum ClientTransport {
  /** HTTP long-polling. Socket.IO's clients start with it unless told otherwise. */
  POLLING = 'polling',
  /** WebSocket. */
  WEBSOCKET = 'websocket',
}
