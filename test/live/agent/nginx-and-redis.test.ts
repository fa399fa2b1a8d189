// The agent of the local platform with a real nginx and redis-server.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { selfSigned } from '../../../lib/platform/local/agent/nginx/self-signed';
import { AgentBed, processesBelow, waitForVersion } from '../../support/agent/agent-bed';
import { testCertificate } from '../../support/front/certificate';
import { cleanUp } from '../../support/machine/clean-up';
import { freePort, freePorts } from '../../support/machine/free-ports';
import { request } from '../../support/front/http';
import { waitFor } from '../../support/machine/wait';
import {
  stranger,
  openSocket,
  get,
  TLS,
  nginxSpec,
  redisSpec,
  redisAnswer,
} from '../../support/agent/agent-specs';

let bed: AgentBed;

beforeEach(() => {
  bed = new AgentBed();
});

afterEach(async () => {
  await cleanUp();
  await bed.dispose();
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
        'or give the platform its path.\n',
    ]);
    const missing = await bed.call('prepare', {
      executables: ['nginx', 'no-such-server'],
      folders: [],
    });
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
      'frontend: nginx rejects the configuration; nothing was changed:\n' +
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
      /did not apply it on reload\. The old one \(release \w+\) continues to serve\. From its error log:\n {4}\| \[emerg\] limit_conn_zone "z" uses the/,
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
      [keyFile, keyFile, /contains no readable certificate/],
      [certificateFile, certificateFile, /contains no readable private key/],
      [certificateFile, 'locked.pem', /locked.pem is protected by a passphrase/],
      ['old.pem', 'old.key', /old.pem expired on .* GMT\. Clients would reject it/],
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
