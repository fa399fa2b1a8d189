// What SSM runs on the host of a slot, run for real beside stand-ins of the AWS CLI, of systemd and of Docker: an
// instance is a process of Node.js here.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  slotReleaseScript,
  type SlotRelease,
} from '../../../lib/platform/aws/hosts/programs/slot-release';
import { describeOnHost, HostBed } from '../../support/aws/host/host-bed';
import { cleanUp, closeAtCleanUp } from '../../support/machine/clean-up';
import { freePort } from '../../support/machine/free-ports';
import { requestJson } from '../../support/front/http';
import { handshake } from '../../support/front/raw-websocket';
import { sleep, waitFor } from '../../support/machine/wait';

afterAll(cleanUp);

const script = slotReleaseScript();
const unit = 'aiwm-instance.service';
const arn = (name: string) => `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}`;
const registry = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';

/** A service whose MODE is "well" until it is asked at /hang, or "sick", or the path of what it cannot be well without. */
const service = (version: string) => `
const { existsSync } = require('node:fs');
const { createServer } = require('node:http');
const { ADDRESS = '127.0.0.1', MODE, PORT } = process.env;
let hangs = MODE === 'sick';
createServer((request, response) => {
  if (request.url === '/hang') hangs = true;
  if (MODE.startsWith('/')) hangs = !existsSync(MODE);
  if (request.url === '/health' && hangs) return void response.writeHead(500).end();
  response.end(JSON.stringify({ version: '${version}', pid: process.pid, environment: process.env }));
}).on('upgrade', (request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n');
}).listen(Number(PORT), ADDRESS);
console.log('the instance says ' + process.env.TOKEN);
process.on('SIGTERM', () => setTimeout(() => { console.log('graceful end of ${version}'); process.exit(0); }, 300));
`;

interface Answer {
  readonly version: string;
  readonly pid: number;
  readonly environment: Record<string, string>;
}

class SlotHost {
  static async start(): Promise<SlotHost> {
    const bed = await HostBed.start({
      docker: `#!/bin/sh
AIWM_DOCKER_WORDS=$(printf '%s\\n' "$@") exec '${process.execPath}' '${join(__dirname, '../../support/aws/host/docker.mjs')}'\n`,
    });
    bed.write('etc/aiwm/slot', '2\n');
    bed.write('etc/aiwm/ready', '');
    bed.putSecret('redis', 'rediss://:s3cr3t-of-redis@cache:6379');
    bed.putSecret('pem', 'first s3cr3t-line\nsecond line');
    const host = new SlotHost(bed, await freePort());
    closeAtCleanUp({ close: () => host.killContainers() });
    host.putImage('chat:1', 'one');
    return host;
  }

  /** A host that runs version "one". */
  static async serving(): Promise<SlotHost> {
    const host = await SlotHost.start();
    const { code, output } = await host.deliver();
    if (code !== 0) {
      throw new Error(`${output}${host.bed.systemd.output(unit)}`);
    }
    return host;
  }

  private constructor(
    readonly bed: HostBed,
    readonly port: number,
  ) {}

  putImage(name: string, version: string): void {
    this.bed.write(`docker/registry/${name.replace(/[^\w.-]/g, '_')}`, service(version));
  }

  release(changed: Partial<SlotRelease> = {}, own: Record<string, string> = {}): SlotRelease {
    return {
      image: 'chat:1',
      port: [1, this.port],
      environment: [
        { INSTANCE_ID: '1' },
        {
          INSTANCE_ID: '2',
          PORT: String(this.port),
          MODE: 'well',
          GREETING: 'a "b" $c `d` \'e\'',
          ...own,
        },
      ],
      secrets: { REDIS_URL: arn('redis'), TOKEN: arn('pem') },
      health: {
        path: '/health',
        timeoutMs: 500,
        failures: 2,
        intervalMs: 300,
        startTimeoutMs: 1500,
      },
      stopGraceSeconds: 5,
      memory: '512m',
      cpus: 1.5,
      logGroup: '/aiwm/dev/chat',
      region: 'eu-central-1',
      metric: { namespace: 'AIWM', cluster: 'dev-chat' },
      ...changed,
    };
  }

  variables(release: SlotRelease): Record<string, string> {
    return {
      AIWM_REGION: 'eu-central-1',
      AIWM_BUCKET: 'the-bucket',
      ...this.bed.putObject('chat/release.json', JSON.stringify(release)),
    };
  }

  async deliver(release = this.release()): Promise<{ code: number | null; output: string }> {
    const ran = await this.bed.run(script, this.variables(release));
    expect(ran.output).not.toMatch(/s3cr3t|the-password/);
    return ran;
  }

  answer(): Promise<Answer> {
    return requestJson<Answer>(`http://127.0.0.1:${this.port}/`);
  }

  dockerCalls(verb: string): string[] {
    return this.bed
      .read('docker/calls')
      .split('\n')
      .filter((line) => line.startsWith(verb));
  }

  log(): string {
    return this.bed.read('docker/log');
  }

  async reboot(): Promise<void> {
    await this.bed.systemd.powerOff();
    this.killContainers();
    await this.bed.reboot();
  }

  get current(): string {
    return readlinkSync(join(this.bed.root, 'etc/aiwm/instance/current'));
  }

  killContainers(): void {
    const folder = join(this.bed.root, 'docker/containers');
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      try {
        process.kill(Number(readFileSync(join(folder, name), 'utf8')), 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
  }
}

describeOnHost('the first release', () => {
  let host: SlotHost;
  beforeAll(async () => {
    host = await SlotHost.serving();
  });

  test('runs with the environment of its slot', async () => {
    const { version, environment } = await host.answer();
    expect(version).toBe('one');
    expect(environment).toEqual({
      INSTANCE_ID: '2',
      PORT: String(host.port),
      MODE: 'well',
      GREETING: 'a "b" $c `d` \'e\'',
      REDIS_URL: 'rediss://:s3cr3t-of-redis@cache:6379',
      TOKEN: 'first s3cr3t-line\nsecond line',
    });
  });

  test('has no way to gain rights, and its limits', () => {
    const [call] = host.dockerCalls('run');
    for (const words of [
      '--read-only',
      '--init',
      '--cap-drop ALL',
      '--security-opt no-new-privileges',
      `--publish ${host.port}:${host.port}`,
      '--memory 512m --cpus 1.5',
      '--log-driver awslogs',
      'awslogs-group=/aiwm/dev/chat',
      'awslogs-stream=slot-2',
    ]) {
      expect(call).toContain(` ${words}`);
    }
    expect(call).not.toMatch(/privileged|--network|--volume/);
  });

  test('shows its secrets to no list of processes, no file and no log of the host', async () => {
    const { root } = host.bed;
    const commands = execFileSync('ps', ['-ewwo', 'args'], { encoding: 'utf8' });
    expect(commands).toContain('instance.py supervise');
    expect(commands).not.toContain('s3cr3t');
    const files = execFileSync('grep', ['-rlsF', 's3cr3t', root], { encoding: 'utf8' });
    // What the stand-ins hold: the secrets, and what the instance itself has printed.
    expect(files.trim().split('\n').sort()).toEqual(
      ['aws/secrets/pem', 'aws/secrets/redis', 'docker/log'].map((file) => join(root, file)),
    );
    expect(host.bed.systemd.output(unit)).not.toContain('s3cr3t');
  });

  test('has a unit that systemd itself has nothing to say about', () => {
    expect(host.bed.unitComplaints() ?? '').toBe('');
  });

  test('is left alone when it is delivered again, without a look into bucket or registry', async () => {
    const { pid } = await host.answer();
    const calls = host.bed.awsCalls().length;
    const pulls = host.dockerCalls('pull').length;
    expect(await host.deliver()).toEqual({
      code: 0,
      output: expect.stringMatching(/^aiwm: slot 2 runs release \w+ already\n$/),
    });
    expect((await host.answer()).pid).toBe(pid);
    expect(host.bed.awsCalls()).toHaveLength(calls);
    expect(host.dockerCalls('pull')).toHaveLength(pulls);
  });

  test('is left alone when another slot or the health check changes', async () => {
    const { pid } = await host.answer();
    const release = host.release();
    const changed = {
      ...release,
      port: [2, host.port],
      health: { ...release.health, failures: 3 },
    };
    expect(await host.deliver(changed)).toMatchObject({ code: 0 });
    expect((await host.answer()).pid).toBe(pid);
    expect(await host.deliver()).toMatchObject({ code: 0 });
  });

  test('comes back after a reboot, which needs no SSM, no bucket and no registry', async () => {
    const { pid } = await host.answer();
    const fetched = host.bed.awsCalls('s3api').length;
    const pulls = host.dockerCalls('pull').length;
    await host.reboot();
    const answer = await waitFor(() => host.answer(), 5_000, 'an answer');
    expect(answer).toMatchObject({ version: 'one' });
    expect(answer.pid).not.toBe(pid);
    expect(answer.environment.REDIS_URL).toContain('s3cr3t');
    expect(host.bed.awsCalls('s3api')).toHaveLength(fetched);
    expect(host.dockerCalls('pull')).toHaveLength(pulls);
  });

  test('is started again when it dies', async () => {
    const { pid } = await host.answer();
    process.kill(pid, 'SIGKILL');
    const again = await waitFor(() => host.answer(), 5_000, 'an answer');
    expect(again.pid).not.toBe(pid);
  });

  test('is ended and started again when it hangs', async () => {
    const { pid } = await host.answer();
    // It is taken for hung only after it has been seen well.
    await sleep(600);
    await requestJson(`http://127.0.0.1:${host.port}/hang`);
    const again = await waitFor(
      async () => {
        const answer = await host.answer();
        return answer.pid === pid ? undefined : answer;
      },
      8_000,
      'another process',
    );
    expect(again.version).toBe('one');
  });
});

describeOnHost('CloudWatch is told each minute how many connections an instance has', () => {
  let host: SlotHost;
  beforeAll(async () => {
    host = await SlotHost.serving();
  });

  /** What it is told in one minute. */
  async function told(): Promise<unknown> {
    const before = host.bed.awsCalls('cloudwatch').length;
    await host.bed.run('systemctl start aiwm-connections.service');
    const [call, ...others] = host.bed.awsCalls('cloudwatch').slice(before);
    expect(others).toEqual([]);
    const [, data] =
      /^cloudwatch put-metric-data --region eu-central-1 --namespace AIWM --metric-data (.*)$/.exec(
        call ?? '',
      ) ?? [];
    return data === undefined ? undefined : JSON.parse(data);
  }

  /** Once under the cluster and once under the slot. */
  const both = (connections: number) => {
    const cluster = { Name: 'Cluster', Value: 'dev-chat' };
    const metric = { MetricName: 'SlotConnections', Unit: 'Count', Value: connections };
    return [
      { ...metric, Dimensions: [cluster] },
      { ...metric, Dimensions: [cluster, { Name: 'Slot', Value: '2' }] },
    ];
  };

  /** One that does not look after itself while connections are counted: each look is one. */
  const calm = () => ({ ...host.release().health, intervalMs: 600_000, startTimeoutMs: 5_000 });

  test('by a timer, which is enabled from the first release on', () => {
    expect(host.bed.systemd.enabled).toContain('aiwm-connections.timer');
    expect(host.bed.read('etc/systemd/system/aiwm-connections.timer')).toContain(
      'OnCalendar=minutely',
    );
  });

  test.each([
    ['IPv4', '127.0.0.1', '127.0.0.1'],
    ['IPv6', '::', '[::1]'],
    ['IPv4 to one that listens on IPv6', '::', '127.0.0.1'],
  ])('over %s', async (_, address, from) => {
    const release = host.release({ health: calm() }, { ADDRESS: address });
    expect(await host.deliver(release)).toMatchObject({ code: 0 });
    expect(await told()).toEqual(both(0));
    const url = `http://${from}:${host.port}/socket`;
    const open = await Promise.all(Array.from({ length: 7 }, () => handshake(url)));
    expect(open.map(({ status }) => status)).toEqual(Array(7).fill(101));
    expect(await told()).toEqual(both(7));
    open.slice(0, 3).forEach(({ socket }) => socket!.destroy());
    // The host learns of it in a moment.
    await waitFor(
      async () => isDeepStrictEqual(await told(), both(4)),
      5_000,
      'CloudWatch was not told of 4 connections',
    );
    open.forEach(({ socket }) => socket!.destroy());
  });

  test('after a reboot as well', async () => {
    await host.reboot();
    await waitFor(() => host.answer(), 5_000, 'an answer');
    expect(host.bed.systemd.enabled).toContain('aiwm-connections.timer');
    expect(await told()).toEqual(both(0));
  });

  test('and nothing of an instance that is not well, or is not there', async () => {
    await requestJson(`http://127.0.0.1:${host.port}/hang`);
    expect(await told()).toBeUndefined();
    expect(host.bed.systemd.output('aiwm-connections.service')).toContain(
      'aiwm: the instance is not well: CloudWatch is told nothing, which is an alarm of its own\n',
    );
    await host.bed.run(`systemctl stop ${unit}`);
    expect(await told()).toBeUndefined();
    expect(host.bed.systemd.output('aiwm-connections.service')).toContain(
      'aiwm: there is no instance whose connections could be counted\n',
    );
  });
});

describeOnHost('a new release', () => {
  let host: SlotHost;
  beforeAll(async () => {
    host = await SlotHost.serving();
  });

  test('takes the place of the one before, which ends gracefully', async () => {
    host.putImage(`${registry}/chat:2`, 'two');
    expect(await host.deliver(host.release({ image: `${registry}/chat:2` }))).toEqual({
      code: 0,
      output: expect.stringMatching(/^aiwm: slot 2 runs release \w+\n$/),
    });
    expect(await host.answer()).toMatchObject({ version: 'two' });
    expect(host.log()).toContain('graceful end of one');
    // The login to the registry has gone.
    expect(host.bed.awsCalls('ecr')).toEqual(['ecr get-login-password --region eu-central-1']);
    expect(readdirSync(join(host.bed.root, 'run/aiwm'))).toEqual(['slot-release.lock']);
  });

  test('with other values of the same secrets starts the instance anew', async () => {
    const { pid } = await host.answer();
    host.bed.putSecret('redis', 'rediss://:other-s3cr3t@cache:6379');
    const release = host.release({ secretsVersion: '2', image: `${registry}/chat:2` });
    expect(await host.deliver(release)).toMatchObject({ code: 0 });
    const answer = await host.answer();
    expect(answer.pid).not.toBe(pid);
    expect(answer.environment.REDIS_URL).toBe('rediss://:other-s3cr3t@cache:6379');
  });

  test('that two runs bring at once is brought once', async () => {
    const runs = host.dockerCalls('run').length;
    const variables = host.variables(host.release({}, { NEWS: '1' }));
    const ran = await Promise.all([
      host.bed.run(script, variables),
      host.bed.run(script, variables),
    ]);
    expect(ran.map(({ output }) => output).sort()).toEqual([
      expect.stringMatching(/^aiwm: slot 2 runs release \w+\n$/),
      expect.stringMatching(/^aiwm: slot 2 runs release \w+ already\n$/),
    ]);
    expect(host.dockerCalls('run')).toHaveLength(runs + 1);
  });
});

describeOnHost('a release that does not come to serve leaves the one before:', () => {
  let host: SlotHost;
  let before: string;
  const failed = () => join(host.bed.root, 'etc/aiwm/instance/failed');
  beforeAll(async () => {
    host = await SlotHost.serving();
    before = host.current;
  });

  afterEach(async () => {
    expect(await host.answer()).toMatchObject({ version: 'one', environment: { MODE: 'well' } });
    expect(host.current).toBe(before);
    expect(readdirSync(join(host.bed.root, 'etc/aiwm/instance/releases'))).toEqual([
      before.replace('releases/', ''),
    ]);
  });

  test('its image cannot be pulled', async () => {
    const { pid } = await host.answer();
    expect(await host.deliver(host.release({ image: 'chat:9' }))).toEqual({
      code: 1,
      output:
        'aiwm: chat:9 cannot be pulled: Error response from daemon: manifest for chat:9 not found: manifest unknown. Nothing was changed.\n',
    });
    expect((await host.answer()).pid).toBe(pid);
  });

  test('it is not what was to be delivered', async () => {
    const { pid } = await host.answer();
    const variables = host.variables(host.release({ image: 'chat:9' }));
    expect(await host.bed.run(script, { ...variables, AIWM_SHA256: '0'.repeat(64) })).toEqual({
      code: 1,
      output: expect.stringContaining('is not what was to be delivered'),
    });
    expect((await host.answer()).pid).toBe(pid);
  });

  test('it is for fewer slots', async () => {
    expect(await host.deliver(host.release({ port: [1] }))).toEqual({
      code: 1,
      output: 'aiwm: the release is for 1 slots, and this host is slot 2.\n',
    });
  });

  test('it never gets well; the tag has come to mean another image meanwhile', async () => {
    host.putImage('chat:1', 'other');
    expect(await host.deliver(host.release({}, { MODE: 'sick' }))).toEqual({
      code: 1,
      output:
        'aiwm: slot 2 does not get well with the new release; the one before is back. ' +
        'What it printed is in the log group /aiwm/dev/chat, stream slot-2. ' +
        `It is not tried again until another release was delivered, or ${failed()} is removed on this host.\n`,
    });
  });

  test('it has failed before: the instance is not touched', async () => {
    const { pid } = await host.answer();
    expect(await host.deliver(host.release({}, { MODE: 'sick' }))).toEqual({
      code: 1,
      output: expect.stringMatching(
        new RegExp(
          '^aiwm: slot 2 did not get well with release \\w{12} when it was tried, so it is not tried again; ' +
            `the one before serves. Deliver another release, or remove ${failed()} on this host.\n$`,
        ),
      ),
    });
    expect((await host.answer()).pid).toBe(pid);
  });

  test.each([
    ['the mark was removed', () => Promise.resolve(rmSync(failed()))],
    ['another release was delivered meanwhile', () => host.deliver()],
    ['the one before is not well either', () => host.bed.run(`systemctl stop ${unit}`)],
  ])('it has failed before, and is tried once more: %s', async (_, change) => {
    await change();
    expect(await host.deliver(host.release({}, { MODE: 'sick' }))).toEqual({
      code: 1,
      output: expect.stringContaining('slot 2 does not get well with the new release'),
    });
  });

  test('its secret cannot be read', async () => {
    const { pid } = await host.answer();
    const release = host.release({ secrets: { TOKEN: arn('none') } });
    expect(await host.deliver(release)).toEqual({
      code: 1,
      output: `aiwm: the secret ${arn('none')} cannot be read: An error occurred (AccessDeniedException) when calling the GetSecretValue operation: this role is not authorized to perform it\n`,
    });
    expect((await host.answer()).pid).toBe(pid);
  });

  test('it ends as soon as it has started', async () => {
    host.bed.write('docker/registry/chat_broken', 'process.exit(3)');
    expect(await host.deliver(host.release({ image: 'chat:broken' }))).toEqual({
      code: 1,
      output: expect.stringContaining('the one before is back'),
    });
  });
});

describeOnHost('a release that does not get well when the one before does not either', () => {
  test('is tried again', async () => {
    const host = await SlotHost.start();
    const database = join(host.bed.root, 'database');
    host.bed.write('database', '');
    const first = host.release({}, { MODE: database });
    const second = host.release({ image: 'chat:2' }, { MODE: database });
    host.putImage('chat:2', 'two');
    expect(await host.deliver(first)).toMatchObject({ code: 0 });
    rmSync(database);
    expect(await host.deliver(second)).toEqual({
      code: 1,
      output: expect.stringContaining('; the one before does not get well either. What it printed'),
    });
    host.bed.write('database', '');
    await waitFor(() => host.answer(), 5_000, 'the one before is back');
    expect(await host.deliver(second)).toMatchObject({ code: 0 });
    expect(await host.answer()).toMatchObject({ version: 'two' });
  });
});

describeOnHost('on a new host', () => {
  test('the first release that does not get well is tried on, and a better one takes its place', async () => {
    const host = await SlotHost.start();
    expect(await host.deliver(host.release({}, { MODE: 'sick' }))).toEqual({
      code: 1,
      output:
        'aiwm: slot 2 does not get well; it is tried again and again. ' +
        'What it printed is in the log group /aiwm/dev/chat, stream slot-2.\n',
    });
    expect(await host.deliver()).toMatchObject({ code: 0 });
    expect(await host.answer()).toMatchObject({ version: 'one' });
  });
});
