// The agent of the local platform, with real processes: nginx, redis-server and a small service.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { selfSigned } from '../../../lib/platform/local/agent/nginx/self-signed';
import { AgentBed, isAlive, processesBelow, waitForVersion } from '../../support/agent/agent-bed';
import { testCertificate } from '../../support/front/certificate';
import { freePort, freePorts } from '../../support/machine/free-ports';
import { request } from '../../support/front/http';
import { handshake } from '../../support/front/raw-websocket';
import { sleep, waitFor } from '../../support/machine/wait';

let bed: AgentBed;

beforeEach(() => {
  bed = new AgentBed();
});
afterEach(async () => {
  cleanups.splice(0).forEach((clean) => clean());
  await bed.dispose();
});

/** Open ends of a test, which would keep jest from ending if it failed. */
const cleanups: (() => void)[] = [];

/** A process that has nothing to do with the agent, namely this one, listens on a port. */
async function stranger(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  cleanups.push(() => server.close());
  await once(server, 'listening');
  return server;
}

/** An open WebSocket; the service echoes whatever comes. */
async function openSocket(port: number): Promise<Socket> {
  const { socket, status } = await handshake(`http://127.0.0.1:${port}/ws`);
  if (!socket) {
    throw new Error(`the handshake was answered with ${status}`);
  }
  cleanups.push(() => socket.destroy());
  return socket;
}

const get = async (port: number, path = '/'): Promise<string> =>
  (await request(`http://127.0.0.1:${port}${path}`)).body;

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
      `aiwm-1 could not be brought to its new specification: it ended with exit code 3 after T, ` +
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

describe('supervisor', () => {
  test('calls that come at the same time start one supervisor and are all served', async () => {
    const ports = await freePorts(5);
    await Promise.all(
      ports.map((port, index) => bed.bring('instance', bed.instance(`aiwm-${index}`, port))),
    );
    expect(await Promise.all(ports.map((port) => get(port)))).toEqual(['1', '1', '1', '1', '1']);
    expect(bed.read('logs/supervisor.log')?.match(/supervisor \w+ started/g)).toHaveLength(1);
    expect(readdirSync(join(bed.state, 'locks'))).toHaveLength(1);
  });

  test('one that was killed is replaced: the living are adopted, the dead started', async () => {
    const [one, two, three] = (await freePorts(3)) as [number, number, number];
    await bed.bring('instance', bed.instance('aiwm-1', one));
    await bed.bring('instance', bed.instance('aiwm-2', two));
    const [living, dead] = [bed.pid('aiwm-1'), bed.pid('aiwm-2')];
    process.kill(bed.supervisor() as number, 'SIGKILL');
    process.kill(dead, 'SIGKILL');
    expect((await bed.call('status')).output).toMatch(/^supervisor: not running; .*\nUNIT .*/);

    await bed.bring('instance', bed.instance('aiwm-3', three));
    await waitForVersion(two, '1');
    expect([bed.pid('aiwm-1'), bed.unit('aiwm-1')?.restarts]).toEqual([living, 0]);
    expect(bed.pid('aiwm-2')).not.toBe(dead);

    process.kill(living, 'SIGKILL');
    await waitFor(() => bed.unit('aiwm-1')?.restarts === 1, 3_000, 'an adopted one is not watched');
    await waitForVersion(one, '1');
  });

  test('after a restart of the machine, resume starts everything again', async () => {
    const [port, redis, front] = (await freePorts(3)) as [number, number, number];
    await bed.bring('redis', redisSpec(redis));
    await bed.bring('instance', bed.instance('aiwm-1', port));
    await bed.bring('nginx', nginxSpec(front, port));
    // What a reboot leaves: records of processes that are gone, and a socket of nginx.
    process.kill(bed.supervisor() as number, 'SIGKILL');
    for (const { pid } of processesBelow(bed.state)) {
      process.kill(pid, 'SIGKILL');
    }
    await waitFor(() => processesBelow(bed.state).length === 0, 3_000, 'something lives');
    const output = await bed.bring('resume', undefined, { agent: join(bed.state, 'agent.js') });
    expect(output.split('\n').sort()).toEqual([
      '',
      'aiwm-1: healthy',
      'backplane: healthy',
      'frontend: healthy',
    ]);
    expect(await get(front)).toBe('1');
  });

  test('an operation that was cut short by its death is undone', async () => {
    const [port, fresh] = (await freePorts(2)) as [number, number];
    await bed.bring('instance', bed.instance('aiwm-1', port));
    const call = bed.start(
      'instance',
      bed.instance('aiwm-1', port, { VERSION: '2', MODE: 'sick' }),
    );
    await waitFor(() => call.output().includes('started (pid'), 5_000, 'the roll does not begin');
    call.child.kill('SIGKILL');
    process.kill(bed.supervisor() as number, 'SIGKILL');

    await bed.bring('instance', bed.instance('aiwm-2', fresh));
    await waitForVersion(port, '1');
    expect(bed.read('logs/supervisor.log')).toMatch('cut short and is undone');
  });

  test('another version of the agent takes over, and every process stays', async () => {
    const [port, redis] = (await freePorts(2)) as [number, number];
    await bed.bring('instance', bed.instance('aiwm-1', port));
    await bed.bring('redis', redisSpec(redis));
    const before = [bed.supervisor(), bed.pid('aiwm-1'), bed.pid('backplane')];
    const agent = bed.newVersion();
    const same = bed.instance('aiwm-1', port);
    const outputs = await Promise.all([1, 2, 3].map(() => bed.bring('instance', same, { agent })));
    expect(outputs.join('')).toMatch(/^(aiwm-1: unchanged and healthy .*\n){3}$/);
    const after = [bed.supervisor(), bed.pid('aiwm-1'), bed.pid('backplane')];
    expect(after.slice(1)).toEqual(before.slice(1));
    expect(after[0]).not.toBe(before[0]);
    await waitFor(() => !isAlive(before[0] as number), 2_000, 'the old supervisor stays');
    expect(readFileSync(join(bed.state, 'agent.js'))).toEqual(readFileSync(agent));
  });

  test('an operation is finished although its caller is gone, and the asset is not needed', async () => {
    const port = await freePort();
    const call = bed.start('instance', bed.instance('aiwm-1', port, { DELAY: '800' }));
    await waitFor(() => call.output().includes('started (pid'), 5_000, 'nothing is started');
    call.child.kill('SIGINT');
    renameSync(bed.agent, `${bed.agent}.away`);
    await waitFor(() => existsSync(join(bed.state, 'units/aiwm-1.json')), 3_000, 'no record');
    await waitFor(() => bed.unit('aiwm-1')?.spec, 3_000, 'the operation was not finished');
    process.kill(bed.pid('aiwm-1'), 'SIGKILL');
    await waitForVersion(port, '1');
    renameSync(`${bed.agent}.away`, bed.agent);
  });

  test('the units end when somebody removes the state folder', async () => {
    await bed.bring('instance', bed.instance('aiwm-1', await freePort()));
    const pids = [bed.pid('aiwm-1'), bed.supervisor() as number];
    rmSync(bed.state, { recursive: true });
    await waitFor(() => !pids.some(isAlive), 8_000, 'they run on');
  });
});

describe('redis', () => {
  test('is started with a generated password, which its clients are given and which stays', async () => {
    const [port, client] = (await freePorts(2)) as [number, number];
    const output = await bed.bring('redis', redisSpec(port));
    const password = bed.read('redis/backplane/password')?.trim() ?? '';
    expect(password).toMatch(/^[0-9a-f]{64}$/);
    expect(output).not.toMatch(password);

    const instance = {
      ...bed.instance('aiwm-1', client),
      secrets: { REDIS_URL: { kind: 'redis', unit: 'backplane' } },
    };
    await bed.bring('instance', instance);
    const { REDIS_URL } = JSON.parse(await get(client, '/environment')) as Record<string, string>;
    expect(REDIS_URL).toBe(`redis://:${password}@127.0.0.1:${port}`);
    expect(await redisAnswer(port, 'PING')).toMatch('-NOAUTH');
    expect(await redisAnswer(port, `AUTH ${password}\r\nCONFIG GET save`)).toMatch('save\r\n$0');

    expect(await bed.bring('redis', redisSpec(port))).toMatch('nothing to do');
    await bed.bring('redis', { ...redisSpec(port), maxMemory: '32mb' });
    expect(await redisAnswer(port, `AUTH ${password}\r\nCONFIG GET maxmemory`)).toMatch('33554432');
    expect(await bed.bring('instance', instance)).toMatch('nothing to do');

    const before = bed.pid('backplane');
    process.kill(before, 'SIGKILL');
    await waitFor(() => bed.pid('backplane') !== before, 3_000, 'Redis is not started again');
    await waitFor(
      async () => (await redisAnswer(port, `AUTH ${password}\r\nPING`)).includes('+PONG'),
      3_000,
      'Redis does not answer',
    );
  });

  test('takes a password of any characters', async () => {
    const port = await freePort();
    const password = 'a"b\\c d\'e@/ü#';
    const spec = { ...redisSpec(port), password: { kind: 'environment', name: 'PW' } };
    await bed.bring('redis', spec, { environment: { PW: password } });
    expect(await bed.bring('redis', spec, { environment: { PW: password } })).toMatch('nothing');
  });

  test('a program that is not installed is told with how to get it', async () => {
    const environment = { PATH: '/nonexistent' };
    const executable = './redis-server';
    const { code, output } = await bed.call(
      'redis',
      { ...redisSpec(6379), executable },
      { environment },
    );
    expect([code, output]).toEqual([
      1,
      `redis-server is not installed on this machine: ${bed.folder}/redis-server is not an executable file. ` +
        'Install it (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis), ' +
        'or tell the platform where it is.\n',
    ]);
    const missing = await bed.call('prepare', { executables: ['nginx', 'no-such-server'] });
    expect(missing.code).toBe(1);
    expect(missing.output).toMatch(/^nginx: \/.*\nno-such-server is not installed on this machine/);
    expect(existsSync(bed.state)).toBe(false);
  });
});

describe('nginx', () => {
  test('reloads keep connections, a refused configuration changes nothing, three releases stay', async () => {
    const [port, backend] = (await freePorts(2)) as [number, number];
    await bed.bring('instance', bed.instance('aiwm-1', backend));
    const first = await bed.bring('nginx', nginxSpec(port, backend));
    expect(first).toMatch(new RegExp(`healthy on 127.0.0.1:${port} after`));
    expect(await get(port)).toBe('1');
    expect(await bed.bring('nginx', nginxSpec(port, backend))).toMatch(
      /^frontend: release [0-9a-f]{12} is unchanged and served on .*, nothing to do\n$/,
    );

    const socket = await openSocket(port);
    const echo = async (text: string) => {
      socket.write(text);
      const [data] = (await once(socket, 'data')) as [Buffer];
      return data.toString();
    };
    expect(await echo('before')).toBe('before');
    const master = bed.pid('frontend');
    for (const header of ['a', 'b', 'c', 'd']) {
      const output = await bed.bring(
        'nginx',
        nginxSpec(port, backend, `add_header X-Is ${header};`),
      );
      expect(output).toMatch(/reloading nginx .*\nfrontend: release \w+ is served on .* after /);
      const { headers } = await request(`http://127.0.0.1:${port}/`);
      expect(headers['x-is']).toBe(header);
    }
    expect(await echo('after')).toBe('after');
    expect(bed.pid('frontend')).toBe(master);
    expect(readdirSync(join(bed.state, 'nginx/frontend/releases'))).toHaveLength(3);

    const refused = await bed.call('nginx', nginxSpec(port, backend, 'add_haeder X-Is e;'));
    expect([refused.code, refused.output]).toEqual([
      1,
      'frontend: nginx refuses the configuration; nothing was changed:\n' +
        '    | [emerg] unknown directive "add_haeder" in nginx.conf:14: add_haeder X-Is e;\n',
    ]);
    expect((await request(`http://127.0.0.1:${port}/`)).headers['x-is']).toBe('d');
    expect(readdirSync(join(bed.state, 'nginx/frontend/releases'))).toHaveLength(3);

    // Accepted by the test, which knows nothing of the running one's zones, and refused on reload.
    const zone = (key: string) => `limit_conn_zone ${key} zone=z:64k;`;
    await bed.bring('nginx', nginxSpec(port, backend, 'add_header X-Is f;', zone('$host')));
    const clash = nginxSpec(port, backend, 'add_header X-Is g;', zone('$uri'));
    const { code, output, milliseconds } = await bed.call('nginx', clash);
    expect(code).toBe(1);
    expect(milliseconds).toBeLessThan(5_000);
    expect(output).toMatch(
      /did not take it on reload\. The old one \(release \w+\) serves on\. From its error log:\n {4}\| \[emerg\] limit_conn_zone "z" uses the/,
    );
    expect((await request(`http://127.0.0.1:${port}/`)).headers['x-is']).toBe('f');
    expect(await echo('still')).toBe('still');
  });

  test('a port that is taken is told, at the start and on a reload', async () => {
    const [port, backend, taken] = (await freePorts(3)) as [number, number, number];
    const server = await stranger(taken);
    const start = await bed.call('nginx', nginxSpec(taken, backend));
    expect(start.code).toBe(1);
    expect(start.output).toMatch(`frontend: the port 127.0.0.1:${taken} is taken by node`);
    expect(bed.unit('frontend')).toBeUndefined();

    await bed.bring('nginx', nginxSpec(port, backend));
    const reload = await bed.call('nginx', nginxSpec(taken, backend));
    expect(reload.code).toBe(1);
    expect(reload.output).toMatch(`frontend: the port 127.0.0.1:${taken} is taken by node`);
    expect((await request(`http://127.0.0.1:${port}/`)).status).toBe(502);
    server.close();
    await bed.bring('nginx', nginxSpec(taken, backend));
    expect((await request(`http://127.0.0.1:${taken}/`)).status).toBe(502);

    const wide = await bed.bring('nginx', nginxSpec(taken, backend, '', '', '0.0.0.0'));
    expect(wide).toMatch('nginx has to be restarted, which closes its connections');
    expect((await request(`http://127.0.0.1:${taken}/`)).status).toBe(502);
  });

  test('a master that is killed is replaced, with its workers; a killed supervisor is no matter', async () => {
    const [port, backend] = (await freePorts(2)) as [number, number];
    await bed.bring('instance', bed.instance('aiwm-1', backend));
    await bed.bring('nginx', nginxSpec(port, backend));
    process.kill(bed.pid('frontend'), 'SIGKILL');
    await waitFor(() => bed.unit('frontend')?.restarts === 1, 3_000, 'nginx is not started again');
    await waitForVersion(port, '1');
    const nginxes = () => processesBelow(bed.state).filter(({ command }) => /^nginx/.test(command));
    const usual = nginxes().length;

    // Now nobody watches, and only the workers are left.
    await openSocket(port);
    process.kill(bed.supervisor() as number, 'SIGKILL');
    process.kill(bed.pid('frontend'), 'SIGKILL');
    await bed.bring('nginx', nginxSpec(port, backend, 'add_header X-Is new;'));
    expect(await get(port)).toBe('1');
    expect(nginxes()).toHaveLength(usual);
  });

  test('serves a self-signed certificate, and keeps it', async () => {
    const [port, backend] = (await freePorts(2)) as [number, number];
    await bed.bring('instance', bed.instance('aiwm-1', backend));
    const names = ['chat.test', '*.chat.test', 'localhost', '127.0.0.1', '::1'];
    const certificate = { kind: 'self-signed', names };
    const spec = { ...nginxSpec(port, backend, TLS), certificate };
    expect(await bed.bring('nginx', spec)).toMatch(
      'frontend: made a self-signed certificate for chat.test, *.chat.test, localhost, 127.0.0.1, ::1, for development only',
    );
    const file = join(bed.state, 'nginx/frontend/current/tls/certificate.pem');
    const ca = readFileSync(file, 'utf8');
    for (const host of ['chat.test', 'a.chat.test', 'localhost', '127.0.0.1']) {
      expect((await request(`https://${host}:${port}/`, { ca })).body).toBe('1');
    }
    await expect(request(`https://other.test:${port}/`, { ca })).rejects.toThrow(/altnames/);
    const text = execFileSync('openssl', ['x509', '-in', file, '-noout', '-text'], {
      encoding: 'utf8',
    });
    expect(text).toMatch(
      /DNS:chat.test, DNS:\*.chat.test, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1/,
    );
    execFileSync('openssl', ['verify', '-x509_strict', '-CAfile', file, file]);
    expect(statSync(join(bed.state, 'nginx/frontend/current/tls/key.pem')).mode & 0o777).toBe(
      0o600,
    );

    expect(await bed.bring('nginx', spec)).toMatch('nothing to do');
    const renamed = { ...spec, certificate: { kind: 'self-signed', names: ['new.test'] } };
    expect(await bed.bring('nginx', renamed)).toMatch('reloading');
    expect(readFileSync(file, 'utf8')).not.toBe(ca);
  });

  test('a certificate that would not work is told, and the one in use stays', async () => {
    const [port, backend] = (await freePorts(2)) as [number, number];
    await bed.bring('instance', bed.instance('aiwm-1', backend));
    const { ca, certificateFile, keyFile } = testCertificate('chat.test');
    const other = testCertificate('other.test');
    const files = (certificate: string, key: string) => ({
      ...nginxSpec(port, backend, TLS),
      certificate: { kind: 'files', certificate, key },
    });
    await bed.bring('nginx', files(certificateFile, keyFile));
    const file = (name: string, content: string) => {
      writeFileSync(join(bed.folder, name), content);
      return name;
    };
    execFileSync(
      'openssl',
      ['pkey', '-in', keyFile, '-aes256', '-passout', 'pass:x', '-out', 'locked.pem'],
      { cwd: bed.folder },
    );
    const DAY_MS = 86_400_000;
    for (const [name, days] of [
      ['old', -398],
      ['soon', -392],
    ] as const) {
      const pair = selfSigned(['localhost'], new Date(Date.now() + days * DAY_MS));
      file(`${name}.pem`, pair.certificate);
      file(`${name}.key`, pair.key);
    }
    const cases: [string, string, RegExp][] = [
      [
        certificateFile,
        other.keyFile,
        /the key \S+ does not belong to the certificate \S+\. Give the key/,
      ],
      [
        'absent.pem',
        keyFile,
        /the certificate \S+\/absent.pem does not exist\. Give the path of a PEM file/,
      ],
      [certificateFile, '.', /the key \S+ is a folder/],
      [file('der.pem', 'binary'), keyFile, /der.pem is not in PEM format/],
      [keyFile, keyFile, /holds no certificate that can be read/],
      [certificateFile, certificateFile, /holds no private key that can be read/],
      [certificateFile, 'locked.pem', /locked.pem is protected by a passphrase/],
      ['old.pem', 'old.key', /old.pem expired on .* GMT\. Clients would refuse it/],
    ];
    for (const [certificate, key, message] of cases) {
      const { code, output } = await bed.call('nginx', files(certificate, key));
      expect(code).toBe(1);
      expect(output).toMatch(message);
      expect(output).not.toMatch(readFileSync(keyFile, 'utf8').split('\n')[1] as string);
    }
    expect((await request(`https://chat.test:${port}/`, { ca })).body).toBe('1');
    expect(await bed.bring('nginx', files('soon.pem', 'soon.key'))).toMatch(
      /frontend: warning: the certificate \S+soon.pem expires in 4 days/,
    );
  });
});

describe('roster', () => {
  test('stops what is not on the list, in order, and removes its files', async () => {
    const [one, two, front, redis] = (await freePorts(4)) as [number, number, number, number];
    await bed.bring('redis', redisSpec(redis));
    await bed.bring('instance', bed.instance('aiwm-1', one));
    await bed.bring('instance', bed.instance('aiwm-2', two));
    await bed.bring('nginx', nginxSpec(front, one));
    const units = ['aiwm-1', 'aiwm-2', 'backplane', 'frontend'];
    expect(await bed.bring('roster', { units })).toBe('nothing to stop: all that runs is wanted\n');
    const output = await bed.bring('roster', { units: ['aiwm-1'] });
    expect(output.match(/^\S+: stopping/gm)).toEqual([
      'frontend: stopping',
      'aiwm-2: stopping',
      'backplane: stopping',
    ]);
    expect(await get(one)).toBe('1');
    expect(processesBelow(bed.state)).toHaveLength(2);
    const files = ['units', 'logs', 'nginx', 'redis'].flatMap((folder) =>
      existsSync(join(bed.state, folder)) ? readdirSync(join(bed.state, folder)) : [],
    );
    expect(files.sort()).toEqual(['aiwm-1.json', 'aiwm-1.log', 'supervisor.log']);
  });
});

describe('destroy', () => {
  test('ends everything, with a supervisor or without one, and can be called again', async () => {
    const [one, front, redis] = (await freePorts(3)) as [number, number, number];
    for (const supervised of [true, false]) {
      await bed.bring('redis', redisSpec(redis));
      await bed.bring('instance', bed.instance('aiwm-1', one));
      await bed.bring('nginx', nginxSpec(front, one));
      if (!supervised) {
        process.kill(bed.supervisor() as number, 'SIGKILL');
      }
      // The agent of the state folder itself, as Terraform calls it at the end.
      const agent = join(bed.state, 'agent.js');
      const output = await bed.bring('destroy', undefined, { agent });
      expect(output.match(/^\S+: stopping/gm)).toEqual([
        'frontend: stopping',
        'aiwm-1: stopping',
        'backplane: stopping',
      ]);
      expect(output).toMatch(`everything is stopped, ${bed.state} is removed\n`);
      expect(existsSync(bed.state)).toBe(false);
      expect(processesBelow(bed.state)).toEqual([]);
      expect(await bed.bring('destroy')).toBe(
        `nothing of the agent's is in ${bed.state}, nothing to do\n`,
      );
    }
  });

  test('ends a deploy that was cut short', async () => {
    const ports = await freePorts(3);
    const calls = ports.map((port, index) =>
      bed.start('instance', bed.instance(`aiwm-${index}`, port, { DELAY: '60000' })),
    );
    await waitFor(
      () => calls.some(({ output }) => output().includes('started (pid')),
      5_000,
      'nothing is started',
    );
    calls.forEach(({ child }) => child.kill('SIGINT'));
    const [destroyed, again] = await Promise.all([bed.call('destroy'), bed.call('destroy')]);
    expect([destroyed.code, again.code]).toEqual([0, 0]);
    expect(existsSync(bed.state)).toBe(false);
    expect(processesBelow(bed.state)).toEqual([]);
  });

  test('finds a process that left its group', async () => {
    const spec = bed.instance('aiwm-1', await freePort());
    spec.command = ['sh', '-c', 'setsid sleep 600 & exec "$0" service.js', process.execPath];
    await bed.bring('instance', spec);
    expect(processesBelow(bed.state)).toHaveLength(3);
    expect(await bed.bring('destroy')).toMatch(
      /stopping a process that was left behind \(pid \d+\)/,
    );
    expect(processesBelow(bed.state)).toEqual([]);
  });

  test('touches no folder and no file of somebody else', async () => {
    mkdirSync(bed.state);
    writeFileSync(join(bed.state, 'thesis.tex'), 'years of work');
    const { code, output } = await bed.call('instance', bed.instance('aiwm-1', await freePort()));
    expect([code, output]).toEqual([
      1,
      `The state folder ${bed.state} holds files that are not the agent's (thesis.tex). ` +
        'It is used by the agent alone, and removed by destroy: give the platform a stateDir of its own.\n',
    ]);
    expect(await bed.bring('destroy')).toMatch('nothing to do');
    expect(readdirSync(bed.state)).toEqual(['thesis.tex']);
    rmSync(bed.state, { recursive: true });

    await bed.bring('instance', bed.instance('aiwm-1', await freePort()));
    writeFileSync(join(bed.state, 'notes.txt'), '');
    expect(await bed.bring('destroy')).toMatch(
      "stays, with files that are not the agent's: notes.txt",
    );
    expect(readdirSync(bed.state)).toEqual(['notes.txt']);
    rmSync(bed.state, { recursive: true });
  });
});

describe('wrong use', () => {
  test.each<[string, object | string, string]>([
    ['instance', '{"unit":', 'AIWM_SPEC is not JSON.'],
    ['instance', [], 'AIWM_SPEC of "instance" is a list, but must be an object.'],
    ['roster', { unit: 'a' }, 'AIWM_SPEC of "roster" has the unknown "unit"; allowed are units.'],
    ['roster', { units: ['../x'] }, 'units[0] is "../x", but must be 1 to 63 lower-case letters'],
    [
      'roster',
      { units: ['supervisor'] },
      'units[0] is "supervisor", which is the agent\'s own name',
    ],
    [
      'redis',
      { unit: 'a', executable: 'nginx', address: 'x', port: 1, maxMemory: '1mb' },
      'address is "x", but must be an IP address of this machine, or localhost.',
    ],
    [
      'redis',
      { unit: 'a', executable: 'nginx', address: '::', port: 0, maxMemory: '1mb' },
      'port is 0, but must be a whole number from 1 to 65535.',
    ],
    [
      'redis',
      { unit: 'a', executable: 'nginx', address: '::', port: 1, maxMemory: 'big' },
      'maxMemory is "big", but must be a size such as 256mb.',
    ],
    [
      'nginx',
      {
        unit: 'a',
        executable: 'nginx',
        configuration: '',
        listen: [],
        certificate: { kind: 'acme' },
      },
      'certificate: kind must be "files" or "self-signed".',
    ],
    ['restart', {}, 'There is no verb "restart".'],
  ])('%s %j', async (verb, spec, message) => {
    const { code, output } = await bed.call(verb, spec);
    expect(code).toBe(1);
    expect(output).toMatch(message);
    expect(output).not.toMatch(/\n {4}at /);
    expect(existsSync(bed.state)).toBe(false);
  });

  test('a value that may be a secret is not shown', async () => {
    const spec = { ...bed.instance('aiwm-1', 3003), environment: { 'TO KEN': 'hidden-value' } };
    const { output } = await bed.call('instance', spec);
    expect(output).toMatch('environment has "TO KEN", but the name of an environment variable');
    const numeric = { ...bed.instance('aiwm-1', 3003), environment: { TOKEN: 4711 } };
    expect((await bed.call('instance', numeric)).output).toBe(
      'AIWM_SPEC of "instance": environment.TOKEN is of type number, but must be a text.\n',
    );
    expect(output).not.toMatch('hidden-value');
  });
});

const TLS = 'ssl_certificate tls/certificate.pem; ssl_certificate_key tls/key.pem;';

function nginxSpec(port: number, backend: number, server = '', http = '', address = '127.0.0.1') {
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

function redisSpec(port: number) {
  return {
    unit: 'backplane',
    executable: 'redis-server',
    address: '127.0.0.1',
    port,
    maxMemory: '64mb',
    password: { kind: 'generated' },
  };
}

async function redisAnswer(port: number, commands: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
  socket.write(`${commands}\r\nQUIT\r\n`);
  await once(socket, 'close');
  return answer;
}
