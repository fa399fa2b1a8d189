// nginx behind an application load balancer: many clients over one connection, told apart by what it adds to the header.
import { Upstream } from 'cdktf-aiwm';
import { AwsEntry } from 'cdktf-aiwm/aws';
import { renderBehind } from '../../support/aws/render-on-aws';
import { cleanUp } from '../../support/machine/clean-up';
import { EchoServer } from '../../support/front/echo-server';
import { request, type Response } from '../../support/front/http';
import { localAgent } from '../../support/front/local-agent';
import { handshake } from '../../support/front/raw-websocket';
import { RenderedFront } from '../../support/front/rendered-front';

// The load balancer is this test.
renderBehind(() => AwsEntry.alb({ idleTimeout: '4000s' }), '127.0.0.0/8');

const names = ['a', 'b', 'c'];
let servers: EchoServer[];
let front: RenderedFront;

beforeAll(async () => {
  servers = await Promise.all(names.map((name) => EchoServer.start({ name })));
  front = await RenderedFront.start({
    upstream: Upstream.servers(servers.map(({ port }) => `127.0.0.1:${port}`)),
  });
});
afterAll(cleanUp);

/** One address in each of 30 networks, as ip_hash goes by the network. */
const clients = Array.from({ length: 30 }, (_, index) => `198.51.${index + 1}.7`);

/** As the load balancer does it: one connection, and the client's address after what the client wrote there. */
async function askFor(
  addresses: readonly string[],
  written = '',
  host?: string,
): Promise<Response[]> {
  const agent = localAgent(front.url, {}, { keepAlive: true, maxSockets: 1 });
  const answers: Response[] = [];
  for (const address of addresses) {
    const headers = { 'X-Forwarded-For': `${written}${address}`, 'X-Forwarded-Proto': 'http' };
    answers.push(await request(`${front.url}/dev/aiwm/x`, { agent, headers, host }));
  }
  agent.destroy();
  return answers;
}

const serversOf = (answers: readonly Response[]) =>
  answers.map(({ headers }) => headers['x-server']);

test('30 clients over one connection spread, and each stays', async () => {
  const first = serversOf(await askFor(clients));
  expect(new Set(first)).toEqual(new Set(names));
  expect(serversOf(await askFor(clients))).toEqual(first);
});

test('an address that a client writes before the real one moves nobody', async () => {
  const honest = serversOf(await askFor(clients));
  expect(serversOf(await askFor(clients, '203.0.113.9, '))).toEqual(honest);
});

test('nor does one that a client in a subnet of the load balancer writes', async () => {
  const [answer] = await askFor(['127.0.0.5'], '203.0.113.9, ');
  expect(JSON.parse(answer!.body)).toMatchObject({ headers: { 'x-real-ip': '127.0.0.5' } });
});

test('an instance is told the client alone, and that it came over TLS', async () => {
  const [answer] = await askFor(['198.51.100.7'], '203.0.113.9, ');
  expect(JSON.parse(answer!.body)).toMatchObject({
    headers: {
      'x-forwarded-for': '198.51.100.7',
      'x-real-ip': '198.51.100.7',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '443',
    },
  });
});

test('a name that is not ours gets 421, and the connection goes on for others', async () => {
  const agent = localAgent(front.url, {}, { keepAlive: true, maxSockets: 1 });
  const ask = (host?: string) => request(`${front.url}/dev/aiwm/x`, { agent, host });
  const refused = await ask('other.example.test');
  expect(refused.status).toBe(421);
  expect(refused.headers.connection).toBe('keep-alive');
  expect((await ask()).status).toBe(200);
  agent.destroy();
});

test('a WebSocket comes through, with the address of its client', async () => {
  const { status } = await handshake(`${front.url}/dev/aiwm/chat/`, {
    headers: { 'X-Forwarded-For': '198.51.100.7' },
  });
  expect(status).toBe(101);
  const seen = servers.flatMap(({ requests }) => requests);
  expect(seen.filter(({ headers }) => headers.upgrade === 'websocket')).toEqual([
    expect.objectContaining({
      headers: expect.objectContaining({ 'x-forwarded-for': '198.51.100.7' }) as unknown,
    }),
  ]);
});
