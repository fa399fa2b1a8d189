// The agent of the local platform with real instances of a small service.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AgentBed, isAlive, processesBelow, waitForVersion } from '../../support/agent/agent-bed';
import { cleanUp } from '../../support/machine/clean-up';
import { freePort, freePorts } from '../../support/machine/free-ports';
import { sleep, waitFor } from '../../support/machine/wait';
import { stranger, get, redisSpec } from '../../support/agent/agent-specs';

let bed: AgentBed;

beforeEach(() => {
  bed = new AgentBed();
});

afterEach(async () => {
  await cleanUp();
  await bed.dispose();
});

describe('instance', () => {
  test('is started with its environment and its secrets, and nothing shows them', async () => {
    const port = await freePort();
    writeFileSync(join(bed.folder, 'token'), 'the-token-of-the-file\n');
    const spec = {
      ...bed.instance('aiwm-1', port),
      secrets: {
        TOKEN: { kind: 'file', path: 'token' },
        KEY: { kind: 'environment', name: 'SOURCE_OF_KEY' },
      },
    };
    const environment = {
      SOURCE_OF_KEY: 'the-key-of-the-shell',
      AWS_SECRET_ACCESS_KEY: 'terraform',
    };
    const { code, output } = await bed.call('instance', spec, { environment });
    expect([code, output.replace(/\d+ ms|\d\.\d s/, 'T').replace(/pid \d+/, 'pid N')]).toEqual([
      0,
      `aiwm-1: started (pid N)\naiwm-1: healthy on 127.0.0.1:${port} after T\n`,
    ]);

    const seen = JSON.parse(await get(port, '/environment')) as Record<string, string>;
    expect(seen).toMatchObject({
      PORT: String(port),
      HOST: '127.0.0.1',
      TOKEN: 'the-token-of-the-file',
      KEY: 'the-key-of-the-shell',
      PATH: process.env.PATH,
    });
    expect(Object.keys(seen)).not.toContain('AWS_SECRET_ACCESS_KEY');

    const everything = [output, bed.read('logs/supervisor.log'), (await bed.call('status')).output];
    expect(everything.join()).not.toMatch(/the-token|the-key/);
    const mode = (path: string) => (statSync(join(bed.state, path)).mode & 0o777).toString(8);
    expect(['.', 'units/aiwm-1.json', 'logs/aiwm-1.log', 'logs/supervisor.log'].map(mode)).toEqual([
      '700',
      '600',
      '600',
      '600',
    ]);
  });

  test('is left alone when nothing changed, from wherever it is deployed', async () => {
    const port = await freePort();
    await bed.bring('instance', bed.instance('aiwm-1', port));
    const pid = bed.pid('aiwm-1');
    expect(
      await bed.bring('instance', bed.instance('aiwm-1', port), { environment: { LANG: 'xx' } }),
    ).toBe(`aiwm-1: unchanged and healthy on 127.0.0.1:${port}, nothing to do\n`);

    const patient = bed.instance('aiwm-1', port);
    patient.health.failures = 5;
    expect(await bed.bring('instance', patient)).toBe(
      `aiwm-1: health check and grace changed; the instance on 127.0.0.1:${port} runs on\n`,
    );
    expect(await bed.bring('instance', patient)).toMatch('nothing to do');
    expect(bed.pid('aiwm-1')).toBe(pid);

    const unfit = bed.instance('aiwm-1', port, { MODE: 'sick' });
    unfit.health = { ...patient.health, startTimeoutMs: 500 };
    expect((await bed.call('instance', unfit)).code).toBe(1);
    expect(await get(port)).toBe('1');
  });

  test('is rolled to a change; a new version that fails is replaced by the old one', async () => {
    const port = await freePort();
    const secrets = { TOKEN: { kind: 'environment', name: 'SOURCE' } };
    const environment = { SOURCE: 'a-long-secret' };
    await bed.bring('instance', bed.instance('aiwm-1', port));
    const output = await bed.bring('instance', bed.instance('aiwm-1', port, { VERSION: '2' }));
    expect(output).toMatch(
      /stopping the old one \(pid \d+\) …\naiwm-1: stopped after [\d.]+ m?s\n/,
    );
    expect(bed.read('logs/aiwm-1.log')).toMatch('got SIGTERM');
    expect(await get(port)).toBe('2');

    const dying = { ...bed.instance('aiwm-1', port, { VERSION: '3', MODE: 'exit' }), secrets };
    const dead = await bed.call('instance', dying, { environment });
    expect(dead.code).toBe(1);
    expect(dead.output.replace(/after [\d.]+ m?s/g, 'after T')).toMatch(
      `aiwm-1 could not be updated to its new specification: it ended with exit code 3 after T, ` +
        `before GET http://127.0.0.1:${port}/health was answered. The old one is back and healthy. ` +
        `The last lines of the new one's log:\n    | service 3 says hello\n` +
        '    | Error: the token is ***\n    | Error: cannot open the database\n',
    );
    expect(await get(port)).toBe('2');

    const sick = bed.instance('aiwm-1', port, { VERSION: '4', MODE: 'sick' });
    sick.health.startTimeoutMs = 700;
    const ill = await bed.call('instance', sick);
    expect(ill.code).toBe(1);
    expect(ill.output).toMatch(
      `GET http://127.0.0.1:${port}/health was not answered as healthy within 0.7 s (last seen: status 503). ` +
        'The old one is back and healthy.',
    );
    expect(await get(port)).toBe('2');
    expect(await bed.bring('instance', bed.instance('aiwm-1', port, { VERSION: '2' }))).toMatch(
      'nothing to do',
    );
  });

  test('what cannot start is refused before the old one is touched', async () => {
    const [port, taken] = (await freePorts(2)) as [number, number];
    await bed.bring('instance', bed.instance('aiwm-1', port));
    const pid = bed.pid('aiwm-1');
    const refusal = async (change: object) => {
      const { code, output } = await bed.call('instance', {
        ...bed.instance('aiwm-1', port, { VERSION: '2' }),
        ...change,
      });
      expect(code).toBe(1);
      expect(bed.pid('aiwm-1')).toBe(pid);
      return output;
    };

    const server = await stranger(taken);
    expect(await refusal({ port: taken })).toMatch(
      new RegExp(
        `^aiwm-1: the port 127.0.0.1:${taken} is taken by node .* \\(pid ${process.pid}\\). ` +
          'Stop that process, or choose another port.\n$',
      ),
    );
    server.close();
    expect(await refusal({ workingDirectory: 'nowhere' })).toBe(
      `aiwm-1: the working directory ${bed.folder}/nowhere does not exist. ` +
        "Correct the service's working directory, or build the service first.\n",
    );
    expect(await refusal({ command: ['no-such-program'] })).toMatch(
      /^aiwm-1: the program no-such-program is not in PATH \(.*\)\. Install it, or/,
    );
    expect(await refusal({ command: ['./service.js'] })).toMatch(
      'the program ./service.js is not an executable file in',
    );
    expect(await refusal({ address: '192.0.2.1' })).toMatch(
      '192.0.2.1 is not an address of this machine',
    );
    expect(await refusal({ secrets: { TOKEN: { kind: 'file', path: 'absent' } } })).toMatch(
      `secrets.TOKEN: the file ${bed.folder}/absent does not exist. Write the secret into it.`,
    );
    expect(await refusal({ secrets: { URL: { kind: 'redis', unit: 'cache' } } })).toMatch(
      'aiwm-1: URL refers to the Redis "cache", which this platform does not run (it runs aiwm-1).',
    );
    await bed.bring('instance', bed.instance('aiwm-2', taken));
    expect(await refusal({ port: taken })).toMatch(
      'is taken by the unit aiwm-2 of the same platform',
    );
  });

  test('a first one that fails leaves nothing running', async () => {
    const port = await freePort();
    const { code, output } = await bed.call(
      'instance',
      bed.instance('aiwm-1', port, { MODE: 'exit' }),
    );
    expect(code).toBe(1);
    expect(output).toMatch(
      /^aiwm-1 could not be started: it ended with exit code 3 .* It has been stopped again\./m,
    );
    expect(bed.unit('aiwm-1')).toBeUndefined();
    await sleep(600);
    expect(readFileSync(join(bed.state, 'logs/aiwm-1.log'), 'utf8').match(/hello/g)).toHaveLength(
      1,
    );
  });

  test('one that ignores SIGTERM is killed after its grace, and so are its children', async () => {
    const port = await freePort();
    const spec = bed.instance('aiwm-1', port, { MODE: 'deaf' });
    spec.command = ['sh', '-c', '"$0" service.js & wait', process.execPath];
    spec.stopGraceMs = 300;
    await bed.bring('instance', spec);
    const output = await bed.bring('instance', bed.instance('aiwm-1', port, { VERSION: '2' }));
    expect(output).toMatch('aiwm-1: it did not stop within 0.3 s and was killed');
    expect(await get(port)).toBe('2');
    expect(processesBelow(bed.state)).toHaveLength(2);
  });

  test('one that dies is started again at once, and not in a rush when it keeps dying', async () => {
    const port = await freePort();
    await bed.bring('instance', bed.instance('aiwm-1', port));
    for (const delay of [0, 500]) {
      const pid = bed.pid('aiwm-1');
      process.kill(pid, 'SIGKILL');
      await waitFor(() => !isAlive(pid), 1000, 'SIGKILL has no effect');
      const took = await waitForVersion(port, '1');
      expect(took).toBeGreaterThanOrEqual(delay);
      expect(took).toBeLessThan(delay + 2000);
    }
    const { output } = await bed.call('status');
    expect(output).toMatch(
      new RegExp(`aiwm-1 +instance +(healthy|starting) +\\d+ +127.0.0.1:${port} +2 `),
    );
  });
});

describe('hangs', () => {
  test('a stopped instance and a stopped Redis are back within 15 s; a slow start is no hang', async () => {
    const [port, slow, redis] = (await freePorts(3)) as [number, number, number];
    const patient = bed.instance('slow', slow, { DELAY: '2500' });
    patient.health = { ...patient.health, intervalMs: 300, timeoutMs: 300 };
    await Promise.all([
      bed.bring('instance', bed.instance('aiwm-1', port)),
      bed.bring('redis', redisSpec(redis)),
      bed.bring('instance', patient),
    ]);
    expect(bed.unit('slow')?.restarts).toBe(0);

    const hung = bed.pid('backplane');
    process.kill(bed.pid('aiwm-1'), 'SIGSTOP');
    process.kill(hung, 'SIGSTOP');
    const took = await waitForVersion(port, '1', 20_000);
    console.log(`an instance that hung served again after ${(took / 1000).toFixed(1)} s`);
    expect(took).toBeLessThan(15_000);
    await waitFor(() => !isAlive(hung) && isAlive(bed.pid('backplane')), 5_000, 'Redis hangs');
    expect(bed.read('logs/supervisor.log')).toMatch(
      /aiwm-1: hangs: GET .* failed 3 times in a row/,
    );
  });
});
