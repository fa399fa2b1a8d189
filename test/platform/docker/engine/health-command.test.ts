// What asks an instance whether it serves, run for real against servers that answer, fail, lie and hang.
//
// A probe that has seen its instance well ends everything that its user runs. Here that would be this machine, so no
// command is run as it is: `harmless` puts a word in the place of the kill, and throws when it does not find it.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { HealthProbe } from 'cdktf-aiwm';
import fc from 'fast-check';
import { findProgram } from '../../../../scripts/machine/programs.mjs';
import type { ResolvedHealthCheck } from '../../../../lib/platform/contract';
import { renderHealthCommand } from '../../../../lib/platform/docker/engine/health-command';
import { closeAtCleanUp, cleanUp } from '../../../support/machine/clean-up';
import { freePort } from '../../../support/machine/free-ports';
import { temporaryFolder } from '../../../support/machine/temporary-folder';
import { built, containersOf } from '../../../support/docker/docker-site';

afterAll(cleanUp);

const MARKER = '/dev/shm/.aiwm-was-healthy';
const KILLS = ["process.kill(-1,'SIGKILL')", 'kill -9 -1'];

/** In place of the minute for which a check watches what is well. */
const WATCHED_SECONDS = 2;
const STOP_GRACE_MS = 5000;

interface Kind {
  readonly name: string;
  readonly program: string;
  readonly probe: HealthProbe;
}

const KINDS: Kind[] = [
  { name: 'node', program: process.execPath, probe: HealthProbe.node() },
  { name: 'wget', program: 'wget', probe: HealthProbe.wget() },
  { name: 'curl', program: 'curl', probe: HealthProbe.curl() },
];

const usual: ResolvedHealthCheck = {
  path: '/health',
  intervalMs: 2000,
  timeoutMs: 1000,
  failures: 2,
  startTimeoutMs: 60_000,
};

test.each(KINDS)('Terraform reads nothing of its own in the probe by $name', ({ probe }) => {
  expect(
    renderHealthCommand(probe, 3003, usual, 5000).filter((word) => /[$%]\{/.test(word)),
  ).toEqual([]);
});

interface Checked {
  readonly code: number | null;
  readonly killed: boolean;
  readonly wasHealthy: boolean;
  readonly milliseconds: number;
}

/** The command with a word in the place of the kill, and a marker of its own. */
function harmless(command: readonly string[], marker: string): string[] {
  const script = command.at(-1)!;
  const kill = KILLS.find((each) => script.includes(each));
  if (kill === undefined || !script.includes(MARKER)) {
    throw new Error(`this is no probe that a test may run: ${script}`);
  }
  const word = kill.startsWith('process') ? "console.log('KILLED')" : 'echo KILLED';
  const safe = script
    .split(kill)
    .join(word)
    .split(MARKER)
    .join(marker)
    // What is well is watched for a minute.
    .replace(/(-lt |>=)60\b/, `$1${WATCHED_SECONDS}`);
  if (/\bkill\b/.test(safe)) {
    throw new Error(`there is still a kill in ${safe}`);
  }
  const [kind, ...words] = command;
  return kind === 'CMD-SHELL' ? ['sh', '-c', safe] : [...words.slice(0, -1), safe];
}

/** What a check has left behind that saw its instance well some seconds ago. */
function wellBefore(seconds: number, unwell = ''): string {
  return `${Math.floor(uptime()) - seconds}${unwell}\n`;
}

/** Runs a probe as the Engine would, in a container in which another has run before, or none. */
async function ask(
  probe: HealthProbe,
  port: number,
  health: Partial<ResolvedHealthCheck> = {},
  {
    before = undefined as string | undefined,
    environment = {} as Record<string, string>,
    stopGraceMs = STOP_GRACE_MS,
  } = {},
): Promise<Checked> {
  const marker = join(temporaryFolder('probe'), 'healthy');
  if (before !== undefined) {
    writeFileSync(marker, before);
  }
  const resolved = { ...usual, ...health };
  const [program, ...args] = harmless(
    renderHealthCommand(probe, port, resolved, stopGraceMs),
    marker,
  );
  const started = performance.now();
  const child = spawn(program === 'node' ? process.execPath : program!, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, ...environment },
    // A group of its own, to be ended as a whole.
    detached: true,
  });
  // As the Engine cuts off a check.
  const limit = setTimeout(
    () => process.kill(-child.pid!, 'SIGKILL'),
    resolved.failures * resolved.timeoutMs + WATCHED_SECONDS * 1000 + 5000,
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearTimeout(limit);
  return {
    code,
    killed: output.includes('KILLED'),
    wasHealthy: existsSync(marker),
    milliseconds: performance.now() - started,
  };
}

async function serve(answer: RequestListener): Promise<number> {
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeAtCleanUp({
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
  return (server.address() as AddressInfo).port;
}

const status =
  (code: number, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(code, headers).end('{}');

const hanging: RequestListener = () => {};

// Most of their time they wait for a probe that waits.
describe.each(KINDS)('$name', ({ program, probe }) => {
  if (!findProgram(program) && !existsSync(program)) {
    test.skip(`needs ${program}, which is not installed`, () => {});
    return;
  }

  test.concurrent.each([200, 201, 204])('%i is good, and is remembered', async (code) => {
    expect(await ask(probe, await serve(status(code)))).toMatchObject({
      code: 0,
      killed: false,
      wasHealthy: true,
    });
  });

  // What answers with a login page or another place does not say that it serves.
  test.concurrent.each([302, 404, 500, 503])('%i is bad', async (code) => {
    const port = await serve(status(code, { Location: 'http://127.0.0.1:9/' }));
    expect(await ask(probe, port)).toMatchObject({ code: 1, killed: false, wasHealthy: false });
  });

  test.concurrent('nobody who listens is bad', async () => {
    expect(await ask(probe, await freePort())).toMatchObject({
      code: 1,
      killed: false,
      wasHealthy: false,
    });
  });

  test.concurrent('one good answer is enough, as long as there are tries left', async () => {
    let asked = 0;
    const port = await serve((request, response) =>
      status((asked += 1) < 3 ? 500 : 200)(request, response),
    );
    expect(await ask(probe, port, { failures: 3 })).toMatchObject({ code: 0, wasHealthy: true });
    expect(asked).toBe(3);
  });

  test.concurrent('as many bad answers as are allowed are asked for, and no more', async () => {
    let asked = 0;
    const port = await serve((request, response) => {
      asked += 1;
      status(500)(request, response);
    });
    expect(await ask(probe, port, { failures: 4 })).toMatchObject({ code: 1 });
    expect(asked).toBe(4);
  });

  test.concurrent('a slow start is no hang: what has never been well is not ended', async () => {
    expect(await ask(probe, await serve(hanging), { failures: 1 })).toMatchObject({
      code: 1,
      killed: false,
    });
  });

  test('what has been well and hangs is ended, when all tries have had their time', async () => {
    const port = await serve(hanging);
    const { milliseconds, ...checked } = await ask(probe, port, {}, { before: wellBefore(60) });
    expect(checked).toEqual({ code: 1, killed: true, wasHealthy: true });
    expect(milliseconds).toBeGreaterThan(usual.failures * usual.timeoutMs - 100);
    expect(milliseconds).toBeLessThan(usual.failures * usual.timeoutMs + 5000);
  });

  test.concurrent('what has been well and answers badly is ended as well', async () => {
    const port = await serve(status(500));
    expect(await ask(probe, port, {}, { before: wellBefore(60) })).toMatchObject({
      code: 1,
      killed: true,
    });
  });

  // It closes its door and says no more, and Docker ends it when that takes too long.
  test('what was well a moment ago may have been told to stop, and is not ended before a stop would be', async () => {
    const port = await freePort();
    const options = { stopGraceMs: 30_000 };
    // It may have been told at any time until the next question: 2 s, and 5 s for the start of another check.
    expect(await ask(probe, port, {}, { ...options, before: wellBefore(34) })).toMatchObject({
      code: 1,
      killed: false,
    });
    expect(await ask(probe, port, {}, { ...options, before: wellBefore(38) })).toMatchObject({
      code: 1,
      killed: true,
    });
  });

  test('a check that ends nobody leaves to the next one when it was well', async () => {
    const port = await freePort();
    const before = wellBefore(38, ' unwell');
    expect(await ask(probe, port, {}, { before, stopGraceMs: 30_000 })).toMatchObject({
      killed: true,
    });
  });

  // The start of a check costs the Engine more than a hundred questions.
  test('what is well goes on being asked by the same check, and is left alone', async () => {
    let asked = 0;
    const port = await serve((request, response) => {
      asked += 1;
      status(200)(request, response);
    });
    const { milliseconds, ...checked } = await ask(
      probe,
      port,
      { intervalMs: 500 },
      { before: wellBefore(2) },
    );
    expect(checked).toEqual({ code: 0, killed: false, wasHealthy: true });
    expect(milliseconds).toBeGreaterThan((WATCHED_SECONDS - 1) * 1000);
    expect(asked).toBeGreaterThanOrEqual(3);
  });

  test('what gets unwell meanwhile is told of at once', async () => {
    let asked = 0;
    const port = await serve((request, response) =>
      status((asked += 1) < 3 ? 200 : 503)(request, response),
    );
    const { code, milliseconds } = await ask(
      probe,
      port,
      { intervalMs: 100, failures: 1 },
      { before: wellBefore(2) },
    );
    expect(code).toBe(1);
    expect(asked).toBe(3);
    expect(milliseconds).toBeLessThan(WATCHED_SECONDS * 1000);
  });

  test.each([
    ['for the first time', undefined],
    ['again', wellBefore(3, ' unwell')],
  ])('what gets well %s is told of at once', async (_, before) => {
    let asked = 0;
    const port = await serve((request, response) => {
      asked += 1;
      status(200)(request, response);
    });
    expect(await ask(probe, port, {}, { before })).toMatchObject({ code: 0, killed: false });
    expect(asked).toBe(1);
  });

  test.concurrent('a proxy in the environment of the service is not asked', async () => {
    const proxy = `http://127.0.0.1:${await serve(status(502))}`;
    const port = await serve(status(200));
    const environment = { http_proxy: proxy, HTTP_PROXY: proxy, ALL_PROXY: proxy };
    expect(await ask(probe, port, {}, { environment })).toMatchObject({ code: 0 });
  });

  // Every character that the rule for paths lets through.
  test.concurrent.each(['/', '/health/', '/a.b_c~d-e/F0', '/~x', '/-', '/...', '/0'])(
    'the path %s is asked for as it is',
    async (path) => {
      const urls: (string | undefined)[] = [];
      const port = await serve((request, response) => {
        urls.push(`${request.method} ${request.url}`);
        status(200)(request, response);
      });
      expect(await ask(probe, port, { path })).toMatchObject({ code: 0 });
      expect(urls).toEqual([`GET ${path}`]);
    },
  );
});

test.each(KINDS.slice(1))('$name: the shell reads the script without complaint', ({ probe }) => {
  const [, script] = renderHealthCommand(probe, 3003, usual, 5000);
  const { status: code, stderr } = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

// A shell or a script would read them as syntax, and none can get there.
test.each([
  "/'",
  '/"',
  '/$x',
  '/`x`',
  '/;x',
  '/x y',
  '/\\',
  '/%2e',
  '/x?y',
  '/x#y',
  '/(x)',
  '/x|y',
  '/é',
])('fails when the path is %s', (path) => {
  expect(() => built((site) => site.cluster({ health: { path } }))).toThrow('health.path: ');
});

describe('the Engine gives a check the time that its tries can take', () => {
  const times = fc.integer({ min: 100, max: 300_000 });

  test.each(KINDS)('$name', ({ probe }) => {
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 20 }), (timeoutMs, failures) => {
        const stack = built((site) =>
          site.front({
            cluster: site.cluster({
              platform: site.platform({ probe }),
              instances: 1,
              health: { timeout: `${timeoutMs}ms`, failures },
            }),
          }),
        );
        const { timeout, test: command } = containersOf(stack).Aiwm_Instance1!.healthcheck!;
        const inSeconds = /(?:-m|-T) ([\d.]+) /.exec(command.at(-1)!)?.[1];
        const eachMs = inSeconds === undefined ? timeoutMs : Number(inSeconds) * 1000;
        expect(eachMs).toBeGreaterThanOrEqual(timeoutMs);
        expect(goMilliseconds(timeout)).toBeGreaterThanOrEqual(eachMs * failures);
      }),
      { numRuns: 25 },
    );
  });
});

function goMilliseconds(text: string): number {
  const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  return [...text.matchAll(/([\d.]+)(ms|[hms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * units[unit!]!,
    0,
  );
}
