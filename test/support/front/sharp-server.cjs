// A WebSocket server that says its name, and does with one request whatever that request asks for in `do`.
const { createHash } = require('node:crypto');
const { createServer } = require('node:http');

const { NAME = '', PORT, CLOSES_PLAIN } = process.env;

/** @param {import('node:http').IncomingMessage} request */
const urlOf = (request) => new URL(request.url ?? '/', 'http://x');

const server = createServer((request, response) => {
  const { pathname, searchParams } = urlOf(request);
  const what = searchParams.get('do');
  if (CLOSES_PLAIN) {
    request.socket.destroy();
    return;
  }
  response.setHeader('X-Server', NAME);
  if (what === 'redirect') {
    response.writeHead(302, { Location: String(request.url) }).end();
  } else if (what === 'cut') {
    response.writeHead(200, { 'Content-Length': 1000 });
    response.write('half', () => request.socket.destroy());
  } else if (what === 'cut header') {
    request.socket.end('HTTP/1.1 200 OK\r\nContent-Le');
  } else if (what === 'reset') {
    request.socket.resetAndDestroy();
  } else if (what === 'never') {
    request.resume();
  } else {
    request.resume().once('end', () => response.end(pathname));
  }
});
server.on('upgrade', (request, socket) => {
  socket.on('error', () => {});
  socket.on('end', () => socket.destroy());
  const what = urlOf(request).searchParams.get('do');
  if (what === 'close') {
    socket.destroy();
    return;
  }
  if (what === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  const key = request.headers['sec-websocket-key'];
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  const protocol = request.headers['sec-websocket-protocol'];
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `X-Server: ${NAME}`,
      `Sec-WebSocket-Accept: ${accept.digest('base64')}`,
      ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
      '',
      '',
    ].join('\r\n'),
  );
});
server.listen(Number(PORT), '127.0.0.1', () => console.log('up'));
