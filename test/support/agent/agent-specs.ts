// What tests bring to the agent, and how they look at it.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { request } from '../front/http';
import { closeAtCleanUp } from '../machine/clean-up';
import { handshake } from '../front/raw-websocket';

/** A process that has nothing to do with the agent, namely this one, listens on a port. */
export async function stranger(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  closeAtCleanUp({ close: () => void server.close() });
  await once(server, 'listening');
  return server;
}

/** An open WebSocket; the service echoes whatever comes. */
export async function openSocket(port: number): Promise<Socket> {
  const { socket, status } = await handshake(`http://127.0.0.1:${port}/ws`);
  if (!socket) {
    throw new Error(`the handshake was answered with ${status}`);
  }
  closeAtCleanUp({ close: () => void socket.destroy() });
  return socket;
}

export const get = async (port: number, path = '/'): Promise<string> =>
  (await request(`http://127.0.0.1:${port}${path}`)).body;

export const TLS = 'ssl_certificate tls/certificate.pem; ssl_certificate_key tls/key.pem;';

export function nginxSpec(
  port: number,
  backend: number,
  server = '',
  http = '',
  address = '127.0.0.1',
) {
  const tls = server === TLS;
  const configuration = `worker_processes 2;
pid nginx.pid;
error_log logs/error.log notice;
events {}
http {
    access_log logs/access.log;
    client_body_temp_path temp/body; proxy_temp_path temp/proxy; fastcgi_temp_path temp/fastcgi;
    uwsgi_temp_path temp/uwsgi; scgi_temp_path temp/scgi;
    map $http_upgrade $when_upgraded { default ""; websocket upgrade; }
    ${http}
    server { listen unix:status.sock; access_log off; location = /release { include release.conf; } }
    server {
        listen ${address}:${port}${tls ? ' ssl' : ''};
        ${server}
        location / {
            proxy_pass http://127.0.0.1:${backend};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $when_upgraded;
        }
    }
}
`;
  return {
    unit: 'frontend',
    executable: 'nginx',
    configuration,
    certificate: null,
    listen: [{ address, port }],
  };
}

export function redisSpec(port: number) {
  return {
    unit: 'backplane',
    executable: 'redis-server',
    address: '127.0.0.1',
    port,
    maxMemory: '64mb',
    outputBufferLimit: '64mb 16mb 60',
    password: { kind: 'generated' },
  };
}

export async function redisAnswer(port: number, commands: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
  socket.write(`${commands}\r\nQUIT\r\n`);
  await once(socket, 'close');
  return answer;
}
