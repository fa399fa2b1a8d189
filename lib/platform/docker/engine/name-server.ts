/**
 * Address of Docker's own name server, the same in every container that is on a network of its own.
 *
 * @internal
 */
export const NAME_SERVER = '127.0.0.11';
