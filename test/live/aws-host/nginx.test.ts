// What SSM runs on a host of nginx, run for real: a real nginx in a folder, beside stand-ins of the AWS CLI and of
// systemd alone.
import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { nginxReleaseScript } from '../../../lib/platform/aws/hosts/programs/nginx-release';
import { describeOnHost, HostBed, type Ran } from '../../support/aws/host/host-bed';
import {
  certificateThatLasts,
  testCertificate,
  type TestCertificate,
} from '../../support/front/certificate';
import { cleanUp } from '../../support/machine/clean-up';
import { EchoServer } from '../../support/front/echo-server';
import { freePorts } from '../../support/machine/free-ports';
import { request } from '../../support/front/http';
import { exchange, openWebSocket } from '../../support/front/raw-websocket';
import type { Child } from '../../support/machine/process';
import { servedCertificate } from '../../support/front/served-certificate';
import { waitFor } from '../../support/machine/wait';

afterAll(cleanUp);

const script = nginxReleaseScript();
const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:front-tls';
const unit = 'aiwm-nginx.service';
const tls = testCertificate('one.example.test');
const renewed = testCertificate('two.example.test');

let echo: EchoServer;
/** A new host whose port another server has, and the run that finds this out while the other tests go on. */
let occupied: { host: NginxHost; other: EchoServer; one: Record<string, string>; child: Child };
beforeAll(async () => {
  echo = await EchoServer.start();
  const host = await NginxHost.start();
  host.putCertificate(tls.certificate, tls.key);
  const other = await EchoServer.start({ port: host.httpsPort });
  const one = host.release(host.configuration('one'));
  occupied = { host, other, one, child: host.bed.begin(script, one) };
});

/** A host of nginx with a configuration in its bucket. */
class NginxHost {
  static async start(): Promise<NginxHost> {
    const bed = await HostBed.start();
    bed.installNginx();
    const [httpsPort = 0, statusPort = 0] = await freePorts(2);
    return new NginxHost(bed, httpsPort, statusPort);
  }

  private constructor(
    readonly bed: HostBed,
    readonly httpsPort: number,
    readonly statusPort: number,
  ) {}

  configuration(version: string, { more = '', statusPort = this.statusPort } = {}): string {
    const { root } = this.bed;
    return `
user root;
worker_processes 1;
pid ${root}/run/nginx.pid;
error_log ${root}/var/log/nginx/error.log notice;
events {}
http {
  access_log off;
  client_body_temp_path ${root}/temp1;
  proxy_temp_path ${root}/temp2;
  fastcgi_temp_path ${root}/temp3;
  uwsgi_temp_path ${root}/temp4;
  scgi_temp_path ${root}/temp5;
  ${more}
  server {
    listen 127.0.0.1:${this.httpsPort} ssl;
    ssl_certificate tls/certificate.pem;
    ssl_certificate_key tls/key.pem;
    location = /version { return 200 ${version}; }
    location / {
      proxy_pass http://${echo.address};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
    }
  }
  server {
    listen 127.0.0.1:${statusPort};
    location = /release { include release.conf; }
    location = /connections { stub_status; }
  }
}
`;
  }

  /** Puts a configuration into the bucket and says how to deliver it. */
  release(text: string, { key = 'nginx/nginx.conf' } = {}): Record<string, string> {
    return {
      AIWM_REGION: 'eu-central-1',
      AIWM_BUCKET: 'the-bucket',
      ...this.bed.putObject(key, text),
      AIWM_TLS_SECRET: arn,
      AIWM_STATUS_PORT: String(this.statusPort),
    };
  }

  /** Runs the script. The worker from before a reload takes connections for a moment after it, which is waited for. */
  async deliver(variables: Record<string, string>): Promise<Ran> {
    const ran = await this.bed.run(script, variables);
    await waitFor(() => this.workers().length === 1, 5_000, 'one worker takes connections');
    return ran;
  }

  private workers(): string[] {
    const pid = this.bed.systemd.pid(unit);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return children
      .map((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8'))
      .filter((title) => !title.includes('shutting down'));
  }

  putCertificate(certificate: string, key: string): void {
    this.bed.putSecret('front-tls', JSON.stringify({ certificate, key }));
  }

  /** A host that serves version "one". */
  static async serving(tls: TestCertificate): Promise<NginxHost> {
    const host = await NginxHost.start();
    host.putCertificate(tls.certificate, tls.key);
    const { code, output } = await host.deliver(host.release(host.configuration('one')));
    expect({ code, output }).toMatchObject({ code: 0 });
    return host;
  }

  async version({ ca }: TestCertificate): Promise<string> {
    return (await request(`https://localhost:${this.httpsPort}/version`, { ca })).body;
  }

  async served(): Promise<string> {
    return (await request(`http://127.0.0.1:${this.statusPort}/release`)).body.trim();
  }

  get current(): string {
    return readlinkSync(join(this.bed.root, 'etc/aiwm/current'));
  }

  get releases(): string[] {
    return readdirSync(join(this.bed.root, 'etc/aiwm/releases'));
  }
}

/** Certificates are told apart by what a new client sees. */
async function shows(host: NginxHost, { ca, certificate }: TestCertificate): Promise<boolean> {
  const { X509Certificate } = await import('node:crypto');
  return (
    (await servedCertificate(host.httpsPort, ca)) ===
    new X509Certificate(certificate).fingerprint256
  );
}

describeOnHost('the first release', () => {
  let host: NginxHost;
  beforeAll(async () => {
    host = await NginxHost.serving(tls);
  });

  test('is served, and nginx says which it is', async () => {
    expect(await host.version(tls)).toBe('one');
    expect(`releases/${await host.served()}`).toBe(host.current);
  });

  test('keeps the key in memory alone, for root alone', () => {
    const { root } = host.bed;
    const link = readlinkSync(join(root, 'etc/aiwm', host.current, 'tls'));
    expect(link.startsWith(`${root}/run/aiwm-tls/`)).toBe(true);
    expect(statSync(join(link, 'key.pem')).mode & 0o777).toBe(0o600);
    expect(statSync(join(root, 'run/aiwm-tls')).mode & 0o777).toBe(0o700);
    const line = tls.key.split('\n')[1]!;
    const found = execFileSync('grep', ['-rlsF', '--exclude-dir=aws', line, root], {
      encoding: 'utf8',
    });
    expect(found.trim().split('\n')).toEqual([join(link, 'key.pem')]);
  });

  test('is left alone when it is delivered again, without a look into the bucket', async () => {
    const pid = host.bed.systemd.pid(unit);
    const fetched = host.bed.awsCalls('s3api').length;
    const asked = host.bed.awsCalls('secretsmanager').length;
    const told = host.bed.systemd.calls.length;
    expect(await host.deliver(host.release(host.configuration('one')))).toEqual({
      code: 0,
      output: expect.stringMatching(/^aiwm: nginx serves release \w+ already\n$/),
    });
    expect(host.bed.systemd.pid(unit)).toBe(pid);
    expect(host.bed.systemd.calls).toHaveLength(told);
    expect(host.bed.awsCalls('s3api')).toHaveLength(fetched);
    expect(host.bed.awsCalls('secretsmanager')).toHaveLength(asked + 1);
  });

  test('starts nginx again when it does not run', async () => {
    await host.bed.systemd.powerOff();
    expect(await host.deliver(host.release(host.configuration('one')))).toMatchObject({
      code: 0,
    });
    expect(await host.version(tls)).toBe('one');
  });

  test('takes back what somebody has changed on the host', async () => {
    host.bed.write(`etc/aiwm/${host.current}/nginx.conf`, host.configuration('by-hand'));
    expect(await host.deliver(host.release(host.configuration('one')))).toMatchObject({
      code: 0,
    });
    expect(host.bed.read('etc/aiwm/current/nginx.conf')).toBe(host.configuration('one'));
  });

  test('comes back after a reboot, which needs no SSM and empties the memory', async () => {
    host.bed.systemd.calls.length = 0;
    await host.bed.reboot();
    expect(host.bed.systemd.output('aiwm-nginx-release.service')).toBe(
      `aiwm: nginx serves release ${await host.served()}\n`,
    );
    expect(await host.version(tls)).toBe('one');
    expect(await shows(host, tls)).toBe(true);
  });

  test('comes back after a reboot with the certificate of that day', async () => {
    host.putCertificate(renewed.certificate, renewed.key);
    await host.bed.reboot();
    expect(await shows(host, renewed)).toBe(true);
  });
});

describeOnHost('a release that cannot be had leaves everything as it was:', () => {
  let host: NginxHost;
  let release: string;
  beforeAll(async () => {
    host = await NginxHost.serving(tls);
    release = await host.served();
  });

  beforeEach(() => {
    host.putCertificate(tls.certificate, tls.key);
  });

  afterEach(async () => {
    expect(await host.version(tls)).toBe('one');
    expect(await host.served()).toBe(release);
    expect(host.current).toBe(`releases/${release}`);
    expect(host.releases).toEqual([release]);
    expect(readdirSync(join(host.bed.root, 'run/aiwm-tls'))).toEqual([release]);
    expect(readdirSync(join(host.bed.root, 'run/aiwm'))).toEqual(['nginx-release.lock']);
  });

  const two = () => host.release(host.configuration('two'), { key: 'nginx/two.conf' });

  test('nginx refuses it, in its own words', async () => {
    const bad = host.configuration('two', { more: 'proxy_conect_timeout 5s;' });
    expect(await host.deliver(host.release(bad, { key: 'nginx/bad.conf' }))).toEqual({
      code: 1,
      output:
        'nginx: [emerg] unknown directive "proxy_conect_timeout" in nginx.conf:14\n' +
        'nginx: configuration file nginx.conf test failed\n' +
        'aiwm: nginx refuses this configuration; the one before it goes on serving.\n',
    });
  });

  test('it is not what was to be delivered', async () => {
    const variables = two();
    host.bed.write(
      `aws/objects/nginx/two.conf/${variables.AIWM_VERSION}`,
      host.configuration('other'),
    );
    expect(await host.deliver(variables)).toEqual({
      code: 1,
      output: expect.stringMatching(
        /^aiwm: s3:\/\/the-bucket\/nginx\/two\.conf is not what was to be delivered: its SHA-256 is \w{64}, not \w{64}\. Nothing was changed\.\n$/,
      ),
    });
  });

  test('it is not in the bucket', async () => {
    expect(await host.deliver({ ...two(), AIWM_KEY: 'nginx/none.conf' })).toEqual({
      code: 1,
      output:
        'aiwm: s3://the-bucket/nginx/none.conf cannot be fetched: An error occurred (NoSuchKey) when calling the GetObject operation: The specified key does not exist.\n',
    });
  });

  test('the secret cannot be read', async () => {
    expect(await host.deliver({ ...two(), AIWM_TLS_SECRET: `${arn}-other` })).toEqual({
      code: 1,
      output: `aiwm: the secret ${arn}-other cannot be read: An error occurred (AccessDeniedException) when calling the GetSecretValue operation: this role is not authorized to perform it\n`,
    });
  });

  const expired = certificateThatLasts(-1);
  test.each<[string, string, string]>([
    [
      'the key belongs to another certificate',
      JSON.stringify({ certificate: tls.certificate, key: renewed.key }),
      `the key in ${arn} does not belong to its certificate. Nothing was changed.`,
    ],
    [
      'the certificate has expired',
      JSON.stringify(expired),
      `the certificate in ${arn} has expired: `,
    ],
    [
      'the secret is no JSON',
      tls.key,
      `the secret ${arn} has to be JSON with a PEM text each for certificate and key.`,
    ],
    [
      'the secret has no key',
      JSON.stringify({ certificate: tls.certificate }),
      `the secret ${arn} has to be JSON with a PEM text each for certificate and key.`,
    ],
    [
      'the key cannot be read',
      JSON.stringify({ ...tls, key: tls.key.replace(/\n.*\n/, '\nbm8ga2V5\n') }),
      `the key in ${arn} cannot be read; it must have no passphrase.`,
    ],
  ])('%s', async (_, secret, message) => {
    host.bed.putSecret('front-tls', secret);
    const { code, output } = await host.deliver(two());
    expect({ code, output }).toEqual({
      code: 1,
      output: expect.stringContaining(`aiwm: ${message}`),
    });
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(output).not.toMatch(/PRIVATE|BEGIN/);
  });

  test.each([
    ['AIWM_KEY', 'nginx/$(id).conf'],
    ['AIWM_VERSION', '$(id)'],
    ['AIWM_BUCKET', "a'b"],
    ['AIWM_SHA256', ''],
    ['AIWM_TLS_SECRET', 'a b'],
    ['AIWM_STATUS_PORT', '80 81'],
  ])('%s is no such thing: %s', async (variable, value) => {
    expect(await host.deliver({ ...two(), [variable]: value })).toEqual({
      code: 1,
      output: expect.stringContaining(`'${value}'`),
    });
  });

  test('its version is not in the bucket, though others of its object are', async () => {
    expect(await host.deliver({ ...two(), AIWM_VERSION: 'another' })).toEqual({
      code: 1,
      output: expect.stringContaining('An error occurred (NoSuchVersion)'),
    });
  });

  test('nginx does not come to serve it; only another roll-out tells nginx of it again, or another release', async () => {
    const [other = 0] = await freePorts(1);
    const mute = host.configuration('two', { statusPort: other });
    const variables = host.release(mute, { key: 'nginx/mute.conf' });
    host.bed.systemd.deaf.add(unit);
    expect(await host.deliver(variables)).toEqual({
      code: 1,
      output:
        'aiwm: nginx does not serve the new configuration after 10 s; the one before it is back. ' +
        'Only another apply tries it again.\n',
    });

    const told = host.bed.systemd.calls.length;
    expect(await host.deliver(variables)).toEqual({
      code: 1,
      output: expect.stringMatching(
        /^aiwm: nginx did not serve release \w{12} when it was tried, so only another apply tries it again; the one before it goes on serving\.\n$/,
      ),
    });
    expect(host.bed.systemd.calls).toHaveLength(told);

    expect(await host.deliver({ ...variables, AIWM_RETRY: 'yes' })).toEqual({
      code: 1,
      output: expect.stringContaining('nginx does not serve the new configuration after 10 s'),
    });
    expect(host.bed.systemd.calls.length).toBeGreaterThan(told);
    expect(host.bed.has('etc/aiwm/failed')).toBe(true);
    host.bed.systemd.deaf.delete(unit);

    expect(await host.deliver(host.release(host.configuration('one')))).toMatchObject({ code: 0 });
    expect(host.bed.has('etc/aiwm/failed')).toBe(false);
  });

  test('a reboot goes on with the release before', async () => {
    await host.deliver({ ...two(), AIWM_KEY: 'nginx/none.conf' });
    await host.bed.reboot();
  });
});

describeOnHost('a new release', () => {
  test('is swapped in beside an open WebSocket; so is a renewed certificate by itself', async () => {
    const host = await NginxHost.serving(tls);
    const socket = await openWebSocket(`wss://localhost:${host.httpsPort}/socket`, { ca: tls.ca });
    const pid = host.bed.systemd.pid(unit);
    const first = await host.served();

    const two = host.release(host.configuration('two'), { key: 'nginx/two.conf' });
    expect(await host.deliver(two)).toMatchObject({ code: 0 });
    const second = await host.served();
    expect(await host.version(tls)).toBe('two');

    host.putCertificate(renewed.certificate, renewed.key);
    const fetched = host.bed.awsCalls('s3api').length;
    expect(await host.deliver(two)).toMatchObject({ code: 0 });
    const third = await host.served();
    expect(await shows(host, renewed)).toBe(true);
    expect(host.bed.awsCalls('s3api')).toHaveLength(fetched);

    expect(new Set([first, second, third]).size).toBe(3);
    expect((await exchange(socket, 'still here')).text).toBe('still here');
    expect(host.bed.systemd.pid(unit)).toBe(pid);
    socket.terminate();

    // And back to the first, which is still there; a fourth takes the place of the oldest.
    host.putCertificate(tls.certificate, tls.key);
    expect(await host.deliver(host.release(host.configuration('one')))).toMatchObject({
      code: 0,
    });
    expect(await host.served()).toBe(first);
    const four = host.release(host.configuration('four'), { key: 'nginx/four.conf' });
    expect(await host.deliver(four)).toMatchObject({ code: 0 });
    const fourth = await host.served();
    expect(host.releases.sort()).toEqual([first, third, fourth].sort());
    expect(readdirSync(join(host.bed.root, 'run/aiwm-tls')).sort()).toEqual(
      [first, third, fourth].sort(),
    );
  });

  test('that two runs bring at once is brought once; the second waits and finds nothing to do', async () => {
    const host = await NginxHost.serving(tls);
    const two = host.release(host.configuration('two'), { key: 'nginx/two.conf' });
    host.bed.systemd.calls.length = 0;
    const ran = await Promise.all([host.deliver(two), host.deliver(two)]);
    expect(ran.map(({ output }) => output).sort()).toEqual([
      expect.stringMatching(/^aiwm: nginx serves release \w+\n$/),
      expect.stringMatching(/^aiwm: nginx serves release \w+ already\n$/),
    ]);
    expect(host.bed.systemd.calls).toEqual([`reload ${unit}`]);
    expect(await host.version(tls)).toBe('two');
  });
});

describeOnHost('on a host that has served nothing yet', () => {
  test('what does not come to serve is stopped, and leaves no release behind that a reboot would start', async () => {
    const { host, other, one, child } = occupied;
    expect(await child.waitForExit(30_000)).toMatchObject({ code: 1 });
    expect(child.output()).toMatch(
      new RegExp(
        `^(nginx: \\[emerg\\] (bind\\(\\) to 127.0.0.1:${host.httpsPort} failed \\(98: Address already in use\\)|still could not bind\\(\\))\n)+` +
          'aiwm: nginx does not serve its first configuration after 10 s, and was stopped.\n$',
      ),
    );
    expect(host.bed.systemd.pid(unit)).toBeUndefined();
    await other.close();
    await host.bed.reboot();
    expect(host.bed.systemd.pid(unit)).toBeUndefined();

    expect(await host.deliver(one)).toMatchObject({ code: 0 });
    expect(await host.version(tls)).toBe('one');
  });

  test('the script waits until the first boot is through', async () => {
    const host = await NginxHost.start();
    host.putCertificate(tls.certificate, tls.key);
    execFileSync('rm', [join(host.bed.root, 'etc/aiwm/ready')]);
    const child = host.bed.begin(script, host.release(host.configuration('one')));
    await expect(child.waitForExit(1_500)).rejects.toThrow(/has not ended/);
    expect(host.bed.awsCalls()).toEqual([]);
    host.bed.write('etc/aiwm/ready', '');
    expect(await child.waitForExit()).toMatchObject({ code: 0 });
    expect(await host.version(tls)).toBe('one');
  });
});
