// A changed configuration: open WebSockets stay with the workers that hold them, for as long as was promised.
import { Upstream } from 'cdktf-aiwm';
import { cleanUp } from '../../support/machine/clean-up';
import { EchoServer } from '../../support/front/echo-server';
import { request } from '../../support/front/http';
import {
  engineQuery,
  exchange,
  IdleWebSockets,
  openWebSocket,
} from '../../support/front/raw-websocket';
import { RenderedFront, type FrontOptions } from '../../support/front/rendered-front';
import { say } from '../../support/machine/say';
import { sleep, waitFor } from '../../support/machine/wait';

afterAll(cleanUp);

const chat = `/dev/aiwm/chat/${engineQuery}`;

async function start(options: FrontOptions = {}) {
  const servers = await Promise.all([1, 2, 3].map((id) => EchoServer.start({ name: String(id) })));
  const upstream = Upstream.servers(
    servers.map(({ address }) => address),
    { backplane: true },
  );
  const front = await RenderedFront.start({ upstream, ...options });
  return { front, servers };
}

test('200 open WebSockets survive a reload and still echo; their workers end after the last of them', async () => {
  const { front } = await start();
  const sockets = await Promise.all(
    Array.from({ length: 200 }, () => openWebSocket(front.webSocketUrl + chat)),
  );
  const dropped = jest.fn();
  sockets.forEach((socket) => socket.on('close', dropped));
  const release = await front.nginx.release();
  const before = front.nginx.workers().map(({ pid }) => pid);

  await front.reload({ timeouts: { rest: '30s' } });
  expect(await front.nginx.release()).not.toBe(release);
  // Those that held no WebSocket have gone already.
  const old = () => front.nginx.workers().filter(({ pid }) => before.includes(pid));
  expect(old().length).toBeGreaterThan(0);
  await sleep(1_000);
  const answers = await Promise.all(sockets.map((socket, index) => exchange(socket, `${index}`)));
  expect(answers.map(({ text }) => text)).toEqual(sockets.map((_, index) => `${index}`));
  expect(dropped).not.toHaveBeenCalled();
  expect(old().every(({ shuttingDown }) => shuttingDown)).toBe(true);

  const fresh = await openWebSocket(front.webSocketUrl + chat);
  sockets.forEach((socket) => socket.terminate());
  await waitFor(() => old().length === 0, 5_000, 'the old workers are still there');
  expect((await exchange(fresh, 'new')).text).toBe('new');
  fresh.terminate();
});

test('with a drainTimeout of 3 s, 200 open WebSockets stay that long, and then they and the old workers are gone', async () => {
  const { front } = await start({ drainTimeout: '3s' });
  const idle = await IdleWebSockets.open(200, front.url + chat);
  const before = front.nginx.workers().map(({ pid }) => pid);
  const reloadedAt = performance.now();
  await front.reload({ timeouts: { rest: '30s' } });
  // An old worker accepts until it has read that it is over, which takes a moment on a busy machine.
  await waitFor(
    () =>
      front.nginx.workers().every(({ pid, shuttingDown }) => shuttingDown || !before.includes(pid)),
    2_000,
    'an old worker does not shut down',
  );
  const fresh = await IdleWebSockets.open(20, front.url + chat);
  await sleep(Math.max(0, reloadedAt + 2_000 - performance.now()));
  expect({ open: idle.open, closed: idle.closed }).toEqual({ open: 200, closed: [] });

  await idle.waitUntilClosed(10_000);
  const closedAfter = idle.closed.map(({ at }) => at - reloadedAt);
  expect(Math.min(...closedAfter)).toBeGreaterThan(2_900);
  expect(Math.max(...closedAfter)).toBeLessThan(8_000);
  const left = () => front.nginx.workers().filter(({ pid }) => before.includes(pid));
  await waitFor(() => left().length === 0, 5_000, 'the old workers are still there');
  expect(fresh.open).toBe(20);
  say(
    `200 WebSockets closed ${Math.round(Math.min(...closedAfter))} to ${Math.round(Math.max(...closedAfter))} ms after the reload`,
  );
  fresh.close();
});

test('requests go on through three reloads, and none fails', async () => {
  const { front } = await start();
  const statuses: Record<number, number> = {};
  let done = false;
  const ask = async () => {
    while (!done) {
      const { status } = await request(`${front.url}/dev/aiwm/users`);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  const asking = Promise.all(Array.from({ length: 5 }, ask));
  for (const rest of ['30s', '31s', '32s']) {
    await front.reload({ timeouts: { rest } });
    await sleep(200);
  }
  done = true;
  await asking;
  expect(statuses).toEqual({ 200: expect.any(Number) });
});
