// What people use: a page in a real browser, Socket.IO's bundle for browsers, TLS, and an address that many share.
import { copyFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AiwmRoutes, Balancing, Upstream } from 'cdktf-aiwm';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { browserProgram, startBrowser } from '../../support/front/browser';
import { ChatInstances } from '../../support/front/chat-instances';
import { cleanUp } from '../../support/machine/clean-up';
import { EchoServer } from '../../support/front/echo-server';
import { request } from '../../support/front/http';
import { RedisBed } from '../../support/front/redis-bed';
import { RenderedFront, serverName, type FrontOptions } from '../../support/front/rendered-front';
import { temporaryFolder } from '../../support/machine/temporary-folder';
import { waitFor } from '../../support/machine/wait';

const whenThere = browserProgram ? describe : describe.skip;

/** What the page keeps, for the test to look at. */
interface PageState {
  readonly instance: string;
  readonly transport: string;
  readonly messages: string[];
}

const page = `<!doctype html>
<title>chat</title>
<script src="socket.io.min.js"></script>
<script>
  const state = { messages: [] };
  const socket = io({ path: '/dev/aiwm/chat/' });
  socket.on('connect', async () => {
    state.instance = (await socket.emitWithAck('whoami')).instance;
  });
  socket.on('connect_error', (error) => { state.error = String(error); });
  socket.on('message', ({ text }) => state.messages.push(text));
  window.chatState = () => ({ ...state, transport: socket.io.engine.transport.name });
  window.say = (text) => socket.emitWithAck('broadcast', { text });
</script>`;

/** The folder with the page, which nginx serves by a directive of the user's own. */
function pageFolder(): string {
  const folder = temporaryFolder('page');
  const client = createRequire(__filename).resolve('socket.io-client/package.json');
  copyFileSync(join(dirname(client), 'dist/socket.io.min.js'), join(folder, 'socket.io.min.js'));
  writeFileSync(join(folder, 'index.html'), page);
  return folder;
}

whenThere(`a browser${browserProgram ? '' : ': chromium is not installed, npm run setup'}`, () => {
  let browser: Browser;
  let instances: ChatInstances;

  beforeAll(async () => {
    browser = await startBrowser();
    const redis = await RedisBed.start();
    instances = await ChatInstances.start({ redisUrl: redis.url });
  });
  afterAll(cleanUp);

  const startFront = (options: FrontOptions) =>
    RenderedFront.start({
      tls: true,
      directives: {
        server: [`location /page/ { alias ${pageFolder()}/; default_type text/html; }`],
      },
      ...options,
    });
  const upstream = (backplane: boolean) => Upstream.servers(instances.addresses, { backplane });

  const newContext = () => browser.newContext({ ignoreHTTPSErrors: true });

  async function openPage(front: RenderedFront, context: BrowserContext): Promise<Page> {
    const opened = await context.newPage();
    await opened.goto(`${front.url}/page/index.html`);
    return opened;
  }

  const stateOf = (opened: Page) => opened.evaluate('chatState()') as Promise<PageState>;

  const untilOnWebSocket = (opened: Page) =>
    waitFor(
      async () => {
        const state = await stateOf(opened);
        return state.instance && state.transport === 'websocket' ? state : undefined;
      },
      20_000,
      'the page is not on a WebSocket',
      100,
    );

  test('connects with default transports over TLS, upgrades to WebSocket, and gets a broadcast', async () => {
    const front = await startFront({ upstream: upstream(true) });
    const context = await newContext();
    const pages = await Promise.all([openPage(front, context), openPage(front, context)]);
    await Promise.all(pages.map(untilOnWebSocket));
    await pages[0]?.evaluate(`say('from a page')`);
    await request(`${front.url}/dev/aiwm/broadcast`, { ca: front.ca, body: { text: 'from REST' } });
    for (const opened of pages) {
      await waitFor(
        async () => (await stateOf(opened)).messages.length === 2,
        10_000,
        'not both messages arrived',
      );
      expect((await stateOf(opened)).messages.sort()).toEqual(['from REST', 'from a page']);
    }
    // It began by polling.
    const logged = await front.nginx.settledAccessLog();
    const polls = logged.filter((line) => /chat\/" 200 .* upgrade= /.test(line));
    expect(polls.length).toBeGreaterThanOrEqual(4);
    await context.close();
    await front.nginx.waitForAccessLog(/chat\/" 101 .* upgrade=websocket/);
  });

  test('keeps its instance by a cookie, which pages cannot read and which stays', async () => {
    const front = await startFront({ upstream: upstream(false), balancing: Balancing.cookie() });
    const met = new Set<string>();
    // Several browsers behind one address.
    for (let person = 0; person < 4 || (met.size === 1 && person < 20); person += 1) {
      const context = await newContext();
      const opened = await openPage(front, context);
      const { instance } = await untilOnWebSocket(opened);
      met.add(instance);
      const cookies = await context.cookies();
      expect(cookies).toEqual([
        expect.objectContaining({
          name: 'aiwm_srv',
          value: expect.stringMatching(/^[0-9a-f]{32}$/),
          domain: serverName,
          path: '/',
          httpOnly: true,
          secure: true,
          sameSite: 'Lax',
        }),
      ]);
      expect(await opened.evaluate('document.cookie')).toBe('');
      for (let visit = 0; visit < 3; visit += 1) {
        await opened.reload();
        expect((await untilOnWebSocket(opened)).instance).toBe(instance);
      }
      expect(await context.cookies()).toEqual(cookies);
      await context.close();
    }
    expect(met.size).toBeGreaterThan(1);
  });

  test('may open a WebSocket from an allowed page, and from no other', async () => {
    const server = await EchoServer.start();
    const front = await startFront({
      upstream: Upstream.servers([server.address]),
      routes: AiwmRoutes.webSocketOnly('/ws'),
    });
    await front.reload({ allowedOrigins: [front.url] });
    const elsewhere = await startFront({
      upstream: Upstream.servers([server.address]),
      routes: AiwmRoutes.webSocketOnly('/ws'),
    });
    const context = await newContext();
    const opens = async (origin: string) => {
      const opened = await context.newPage();
      await opened.goto(`${origin}/page/index.html`);
      return opened.evaluate(
        `new Promise((resolve) => {
          const socket = new WebSocket('${front.webSocketUrl}/ws');
          socket.onopen = () => resolve(true);
          socket.onerror = () => resolve(false);
        })`,
      );
    };
    expect(await opens(front.url)).toBe(true);
    expect(await opens(elsewhere.url)).toBe(false);
    await context.close();
  });
});
