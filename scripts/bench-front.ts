// What a front costs: handshakes a second, memory of a WebSocket, REST calls a second, echoes of 16 KiB. Fronts are
// rendered by this checkout and, with --before=<folder of another checkout>, by that one; all are measured in one run, in
// turn, against the same servers. Ratios to the servers without nginx; on a machine with other work compare within a run.
//
//   npx tsx scripts/bench-front.ts [--before=../at-0.1.0] [--nginx=/path/to/nginx] [--seconds=4] [--rounds=2]
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const option = (name: string, usual: string): string =>
  process.argv.find((each) => each.startsWith(`--${name}=`))?.slice(name.length + 3) ?? usual;

const seconds = Number(option('seconds', '4'));
const rounds = Number(option('rounds', '2'));
const nginx = option('nginx', 'nginx');
const before = option('before', '');
const root = join(__dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'bench-front-'));
const children: ChildProcess[] = [];

/** Echoes whole frames, and answers REST and /health; as small as it can be. */
const SERVER = `
  const { createHash } = require('node:crypto');
  const server = require('node:http').createServer((request, response) => response.end('{"ok":true}'));
  server.on('upgrade', (request, socket) => {
    const key = request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
    const accept = createHash('sha1').update(key).digest('base64');
    socket.setNoDelay(true);
    socket.on('error', () => {});
    // An upgraded socket may be half open: left so, each would keep its port and its descriptor.
    socket.on('end', () => socket.destroy());
    socket.on('data', (chunk) => socket.write(chunk));
    socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ' + accept + '\\r\\n\\r\\n');
  });
  server.listen(Number(process.argv[1]), '127.0.0.1', 4096, () => console.log('up'));
`;

/** A front before three servers, printed by the checkout it is run in. */
const RENDER = `
  import { App, TerraformStack } from 'cdktf';
  import * as library from './lib/index';
  const { NginxWsFrontend, Upstream } = library;
  // Platforms had no namespace of their own in 0.1.0.
  const { LocalPlatform } = library['local'] ?? library;
  const [http, https, ...ports] = process.argv.slice(-5).map(Number);
  const stack = new TerraformStack(new App({ outdir: process.env.BENCH_OUT }), 'bench');
  const platform = new LocalPlatform(stack, 'Platform', { httpPort: http, httpsPort: https });
  const front = new NginxWsFrontend(stack, 'Frontend', {
    platform,
    serverName: 'localhost',
    upstream: Upstream.servers(ports.map((port) => '127.0.0.1:' + port), { backplane: true, healthPath: '/health' }),
  });
  process.stdout.write(front.configuration);
`;

interface Target {
  readonly name: string;
  readonly port: number;
  /** The master of nginx, whose workers hold the memory. */
  readonly pid?: number;
}

async function start(command: string, args: string[], cwd: string): Promise<ChildProcess> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await Promise.race([once(child.stdout!, 'data'), sleep(1_500)]);
  return child;
}

async function render(checkout: string, ports: number[]): Promise<string> {
  const file = join(checkout, `bench-render-${process.pid}.ts`);
  writeFileSync(file, RENDER);
  try {
    const child = spawn('npx', ['tsx', file, ...ports.map(String)], {
      cwd: checkout,
      env: { ...process.env, BENCH_OUT: join(folder, 'out') },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    const [code] = await once(child, 'close');
    if (code !== 0) {
      throw new Error(`${checkout} renders no front`);
    }
    return text;
  } finally {
    rmSync(file);
  }
}

async function startFront(name: string, checkout: string, port: number, servers: number[]) {
  const prefix = join(folder, name);
  ['current', 'logs', 'temp'].forEach((each) => mkdirSync(join(prefix, each), { recursive: true }));
  const text = await render(checkout, [port, port + 1, ...servers]);
  writeFileSync(join(prefix, 'current/nginx.conf'), text);
  writeFileSync(join(prefix, 'current/release.conf'), 'return 200 "bench";\n');
  const isRoot = process.getuid?.() === 0;
  const child = await start(
    nginx,
    [
      ...['-p', `${prefix}/`, '-c', 'current/nginx.conf', '-e', 'logs/error.log'],
      ...['-g', `daemon off;${isRoot ? ' user root;' : ''}`],
    ],
    prefix,
  );
  return { name, port, pid: child.pid! };
}

const HANDSHAKE = [
  'GET /dev/aiwm/chat/?EIO=4&transport=websocket HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  '',
  '',
].join('\r\n');

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(HANDSHAKE));
    socket.setNoDelay(true);
    socket.once('data', (chunk: Buffer) =>
      chunk.includes('101 Switching')
        ? resolve(socket)
        : reject(new Error(`no WebSocket: ${chunk.toString('latin1').slice(0, 80)}`)),
    );
    socket.on('error', reject);
  });
}

/** How often in a second `once` is done by `width` at a time. */
async function rate(width: number, one: () => Promise<unknown>): Promise<number> {
  const end = performance.now() + seconds * 1_000;
  let done = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (performance.now() < end) {
        await one();
        done += 1;
      }
    }),
  );
  return (done * 1_000) / (performance.now() - started);
}

const handshakes = (port: number) =>
  rate(32, async () => {
    const socket = await open(port);
    socket.resetAndDestroy();
  });

async function rest(port: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const result = await rate(32, async () => {
    const sent = request({ port, agent, path: '/dev/aiwm/users', headers: { host: 'localhost' } });
    sent.end();
    const [answer] = (await once(sent, 'response')) as [NodeJS.ReadableStream];
    answer.resume();
    await once(answer, 'end');
  });
  agent.destroy();
  return result;
}

async function echoes(port: number): Promise<number> {
  const message = Buffer.alloc(16_384, 'x');
  const free = await Promise.all(Array.from({ length: 16 }, () => open(port)));
  const all = [...free];
  const result = await rate(16, async () => {
    const socket = free.pop()!;
    socket.write(message);
    for (let received = 0; received < message.length;) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      received += chunk.length;
    }
    free.push(socket);
  });
  all.forEach((socket) => socket.resetAndDestroy());
  return result;
}

function workersMemory(master: number): number {
  const workers = readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim().split(' ');
  return workers.reduce((sum, pid) => {
    const [, kB = '0'] = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))!;
    return sum + Number(kB);
  }, 0);
}

/** kB of an idle WebSocket in nginx, by 1000 of them. */
async function memory({ port, pid }: Target): Promise<number> {
  if (pid === undefined) {
    return 0;
  }
  const before = workersMemory(pid);
  const sockets: Socket[] = [];
  while (sockets.length < 1_000) {
    sockets.push(...(await Promise.all(Array.from({ length: 50 }, () => open(port)))));
  }
  await sleep(1_000);
  const after = workersMemory(pid);
  sockets.forEach((socket) => socket.resetAndDestroy());
  await sleep(500);
  return (after - before) / sockets.length;
}

async function main(): Promise<void> {
  const servers = [28_601, 28_602, 28_603];
  for (const port of servers) {
    await start(process.execPath, ['-e', SERVER, String(port)], root);
  }
  const targets: Target[] = [{ name: 'direct', port: servers[0]! }];
  if (before !== '') {
    targets.push(await startFront('before', before, 28_610, servers));
  }
  targets.push(await startFront('this checkout', root, 28_620, servers));

  for (const target of targets) {
    const kB = await memory(target);
    console.log(`${target.name.padEnd(14)} ${kB.toFixed(1)} kB for an idle WebSocket`);
  }
  for (let round = 1; round <= rounds; round += 1) {
    for (const [what, measure] of [
      ['handshakes/s', handshakes],
      ['REST/s', rest],
      ['echo 16 KiB/s', echoes],
    ] as const) {
      const results: number[] = [];
      for (const { port } of targets) {
        results.push(await measure(port));
        await sleep(300);
      }
      const [direct = 1] = results;
      const line = targets.map(
        ({ name }, index) =>
          `${name} ${results[index]!.toFixed(0)} (${(results[index]! / direct).toFixed(2)})`,
      );
      console.log(`round ${round}  ${what.padEnd(13)}  ${line.join('   ')}`);
    }
  }
}

main()
  .catch((error: unknown) => {
    console.error(error);
    for (const name of readdirSync(folder).filter((each) =>
      existsSync(join(folder, each, 'logs')),
    )) {
      const lines = readFileSync(join(folder, name, 'logs/error.log'), 'utf8').split('\n');
      console.error(`${name}:`, lines.filter((line) => !line.includes('[notice]')).slice(-5));
    }
    process.exitCode = 1;
  })
  .finally(() => {
    children.forEach((child) => child.kill('SIGTERM'));
    rmSync(folder, { recursive: true, force: true });
  });
