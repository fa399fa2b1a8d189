import { once } from 'node:events';
import { connect } from 'node:tls';

/** The SHA-256 fingerprint of the certificate that a port of this machine shows to a new client. */
export async function servedCertificate(port: number, ca: string): Promise<string> {
  const socket = connect({ port, servername: 'localhost', ca });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}
