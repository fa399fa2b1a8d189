// The supervisor of the local platform: who starts it, what it survives, and what ends it.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { AgentBed, isAlive, processesBelow, waitForVersion } from '../../support/agent/agent-bed';
import { cleanUp } from '../../support/machine/clean-up';
import { freePort, freePorts } from '../../support/machine/free-ports';
import { waitFor } from '../../support/machine/wait';
import { get, nginxSpec, redisSpec } from '../../support/agent/agent-specs';

let bed: AgentBed;

beforeEach(() => {
  bed = new AgentBed();
});

afterEach(async () => {
  await cleanUp();
  await bed.dispose();
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

describe('roster', () => {
  test('stops what is not on the list, in order, and removes its files', async () => {
    const [one, two, front, redis] = (await freePorts(4)) as [number, number, number, number];
    await bed.bring('redis', redisSpec(redis));
    await bed.bring('instance', bed.instance('aiwm-1', one));
    await bed.bring('instance', bed.instance('aiwm-2', two));
    await bed.bring('nginx', nginxSpec(front, one));
    const units = ['aiwm-1', 'aiwm-2', 'backplane', 'frontend'];
    const folders: string[] = [];
    expect(await bed.bring('roster', { units, folders })).toBe(
      'nothing to stop: all that runs is wanted\n',
    );
    const output = await bed.bring('roster', { units: ['aiwm-1'], folders });
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
      `The state folder ${bed.state} contains files that do not belong to the agent (thesis.tex). ` +
        'Only the agent may use it, and destroy removes it: give the platform a stateDir of its own.\n',
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
    [
      'roster',
      { unit: 'a' },
      'AIWM_SPEC of "roster" has the unknown "unit"; allowed are units, folders.',
    ],
    ['roster', { units: ['../x'] }, 'units[0] is "../x", but must be 1 to 63 lower-case letters'],
    [
      'roster',
      { units: ['supervisor'] },
      'units[0] is "supervisor", which is reserved for the agent',
    ],
    [
      'redis',
      {
        unit: 'a',
        executable: 'nginx',
        address: 'x',
        port: 1,
        maxMemory: '1mb',
        outputBufferLimit: '1mb 1mb 1',
      },
      'address is "x", but must be an IP address of this machine, or localhost.',
    ],
    [
      'redis',
      {
        unit: 'a',
        executable: 'nginx',
        address: '::',
        port: 0,
        maxMemory: '1mb',
        outputBufferLimit: '1mb 1mb 1',
      },
      'port is 0, but must be a whole number from 1 to 65535.',
    ],
    [
      'redis',
      {
        unit: 'a',
        executable: 'nginx',
        address: '::',
        port: 1,
        maxMemory: 'big',
        outputBufferLimit: '1mb 1mb 1',
      },
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
      'AIWM_SPEC of "instance": environment.TOKEN is of type number, but must be a string.\n',
    );
    expect(output).not.toMatch('hidden-value');
  });
});
