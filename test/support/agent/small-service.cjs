// A service that starts in no time and goes wrong on demand: MODE is "exit" (ends at once), "sick" (never healthy) or
// "slow" (healthy after DELAY_MS).
const { createServer } = require('node:http');

const { HOST, PORT, INSTANCE_ID, AIWM_HEALTH_PATH, MODE, DELAY_MS, VERSION } = process.env;

console.log(`instance ${INSTANCE_ID}, version ${VERSION}`);
if (MODE === 'exit') {
  console.error('Error: cannot open the database at db.internal:5432');
  process.exit(3);
}
const healthyFrom = Date.now() + Number(DELAY_MS ?? 0);

const server = createServer((request, response) => {
  if (request.url === AIWM_HEALTH_PATH) {
    const isHealthy = MODE !== 'sick' && Date.now() >= healthyFrom;
    response.writeHead(isHealthy ? 200 : 503).end();
  } else if (request.url === '/dev/aiwm/environment') {
    response.end(JSON.stringify(process.env));
  } else {
    response.end(JSON.stringify({ instance: INSTANCE_ID, version: VERSION, pid: process.pid }));
  }
});
server.on('upgrade', (_request, socket) => {
  socket.on('error', () => {});
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  );
});
server.listen(Number(PORT), HOST);
process.on('SIGTERM', () => process.exit(0));
