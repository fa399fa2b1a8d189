// The shell scripts that run in containers of nginx: read by a shell and by shellcheck, and run where that needs no
// container. What they do beside a real nginx is for test/engine/docker.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findProgram } from '../../../../scripts/machine/programs.mjs';
import {
  CONFIGURATION_FOLDER,
  deliveryScript,
  nginxCommand,
} from '../../../../lib/platform/docker/host/delivery-script';
import { temporaryFolder } from '../../../support/machine/temporary-folder';

const SCRIPTS: [string, string][] = [
  ['the delivery', deliveryScript(8081, undefined, 30)],
  ['the delivery at another port', deliveryScript(65_535, undefined, 0)],
  ['the delivery with a certificate of its own', deliveryScript(8081, ['localhost'], 30)],
  [
    'the delivery with one for many names',
    deliveryScript(
      8081,
      ['chat.example.org', '*.example.org', 'xn--bcher-kva.example', '192.0.2.7'],
      30,
    ),
  ],
  ['the start of nginx', nginxCommand().at(-1)!],
];

const shells = ['sh', 'bash', 'dash'].filter((shell) => findProgram(shell));
describe.each(shells)('%s reads without complaint', (shell) => {
  test.each(SCRIPTS)('%s', (_, script) => {
    const { status, stderr } = spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('shellcheck finds nothing in', () => {
  if (!findProgram('shellcheck')) {
    test.skip('anything: shellcheck is not installed, npm run setup', () => {});
    return;
  }

  test.each(SCRIPTS)('%s', (_, script) => {
    const { stdout } = spawnSync(
      'shellcheck',
      ['--shell=sh', '--format=gcc', '--severity=warning', '-'],
      { input: script, encoding: 'utf8' },
    );
    expect(stdout).toBe('');
  });
});

describe('the names of a certificate of its own', () => {
  const names = (...list: string[]) => /^names='(.*)'$/m.exec(deliveryScript(8081, list, 30))?.[1];

  test('are distinguished from addresses, in the notation of openssl', () => {
    expect(names('localhost')).toBe('DNS:localhost');
    expect(names('chat.example.org', '*.example.org', '127.0.0.1')).toBe(
      'DNS:chat.example.org,DNS:*.example.org,IP:127.0.0.1',
    );
    expect(names('1.example.org')).toBe('DNS:1.example.org');
  });

  test('are taken by openssl as they are', () => {
    const folder = temporaryFolder('openssl');
    const { status, stderr } = spawnSync(
      'openssl',
      // prettier-ignore
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=x', '-addext',
        `subjectAltName=${names('localhost', '*.example.org', '127.0.0.1')}`,
        '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'certificate.pem')],
      { encoding: 'utf8' },
    );
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    const { stdout } = spawnSync(
      'openssl',
      ['x509', '-noout', '-ext', 'subjectAltName', '-in', join(folder, 'certificate.pem')],
      { encoding: 'utf8' },
    );
    expect(stdout).toContain('DNS:localhost, DNS:*.example.org, IP Address:127.0.0.1');
  });

  test('are in no script that delivers a certificate from files', () => {
    expect(deliveryScript(8081, undefined, 30)).not.toMatch(/openssl|self-signed/);
  });
});

describe('nginx is started', () => {
  /** A folder in the place of the container's, with programs that only say what they were asked. */
  function start({ there }: { readonly there?: 'good' | 'bad' }) {
    const folder = temporaryFolder('nginx-start');
    const current = join(folder, 'conf', 'current');
    const program = (name: string, script: string) => {
      writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(folder, name), 0o755);
    };
    mkdirSync(current, { recursive: true });
    if (there !== undefined) {
      writeFileSync(join(current, 'nginx.conf'), there);
    }
    // The second wait is the last: then the delivery has been there.
    program(
      'sleep',
      `echo waits; echo x >> ${folder}/waits; [ "$(grep -c x ${folder}/waits)" -lt 2 ] || echo good > ${current}/nginx.conf`,
    );
    program(
      'nginx',
      `case " $* " in *" -t "*) grep -q good ${current}/nginx.conf ;; *) echo "nginx $*" ;; esac`,
    );
    const [shell, option, script] = nginxCommand() as [string, string, string];
    const { stdout, status } = spawnSync(
      shell,
      [option, script.split(CONFIGURATION_FOLDER).join(join(folder, 'conf'))],
      {
        encoding: 'utf8',
        timeout: 4000,
        env: { PATH: [folder, process.env.PATH].join(delimiter) },
      },
    );
    return { status, said: stdout.split(folder).join('').trim().split('\n') };
  }
  const nginx = 'nginx -c /conf/current/nginx.conf -g daemon off;';

  test('with the configuration that is there, as after a restart', () => {
    expect(start({ there: 'good' })).toEqual({ status: 0, said: [nginx] });
  });

  test('when the first configuration has come, and not before', () => {
    expect(start({})).toEqual({ status: 0, said: ['waits', 'waits', nginx] });
  });

  test('not with one that it does not take: of another nginx, in the volume from before', () => {
    expect(start({ there: 'bad' })).toEqual({ status: 0, said: ['waits', 'waits', nginx] });
  });

  test('in the place of the shell, so that it is process 1 and gets the signals', () => {
    expect(nginxCommand().at(-1)).toMatch(/; exec nginx -c \S+ -g 'daemon off;'$/);
  });
});

describe('a delivery ends', () => {
  const OLD = ['10.77.0.70:3003', '10.77.0.71:3003', '10.77.0.72:3003'];
  const NEW = ['10.77.9.130:3003', '10.77.9.131:3003'];
  /** A server as nginx.conf names it, of a value that is known at synth or of a Token. */
  const configuration = (servers: readonly string[], headerTimeout: string) =>
    `http {\n    ${headerTimeout}\n    upstream a {\n${servers
      .map((server, index) => `        server ${index % 2 ? `"${server}"` : server} max_fails=0;`)
      .join('\n')}\n    }\n}\n`;
  const line = (address: string, state: string) =>
    `   1: 0200000A:9C40 ${address} ${state} 00000000:00000000 00:00000000 00000000   101        0 1 1\n`;
  /** 10.77.0.71:3003, as the kernel writes it. */
  const KERNEL_OLD = '47004D0A:0BBB';
  const KERNEL_NEW = '82094D0A:0BBB';

  interface Events {
    /** What happens when so many seconds are over; commands for a shell in the folder. */
    readonly at?: Readonly<Record<number, string>>;
    readonly servers?: readonly string[];
    readonly headerTimeout?: string;
    readonly connections?: string;
    readonly workers?: readonly string[];
    readonly limit?: number;
  }

  /** After how many seconds of a clock that only `sleep` moves, and what was said. */
  function seconds({ at = {}, limit = 30, ...facts }: Events) {
    const folder = temporaryFolder('drain');
    const put = (path: string, text: string, mode = 0o644) => {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text, { mode });
    };
    const { servers = NEW, headerTimeout = 'client_header_timeout 3s;' } = facts;
    put('conf/releases/old/nginx.conf', configuration(OLD, headerTimeout));
    put('conf/releases/new/nginx.conf', configuration(servers, ''));
    put('tcp', facts.connections ?? '');
    const workers = facts.workers ?? ['nginx: worker process\0'];
    workers.forEach((title, index) => put(`worker-${index}`, title));
    put('clock', '100\n');
    put('bin/date', `#!/bin/sh\ncat ${folder}/clock\n`, 0o755);
    const steps = Object.entries(at).map(([second, does]) => `${100 + Number(second)}) ${does} ;;`);
    put(
      'bin/sleep',
      `#!/bin/sh\ncd ${folder}; now=$(($(cat clock) + 1)); echo $now > clock\ncase $now in ${steps.join(' ')} esac\n`,
      0o755,
    );
    const script = deliveryScript(8081, undefined, limit).split('\n');
    const begin = script.findIndex((each) => each.startsWith('peers()'));
    const end = script.findIndex((each) => each.startsWith('ls -1t'));
    const drain = script
      .slice(begin, end)
      .join('\n')
      .replace(/\/tmp\/|\/proc\/net\/(?=tcp)/g, `${folder}/`);
    const { stdout, status, stderr } = spawnSync(
      'sh',
      [
        '-c',
        `set -eu\nconf=${folder}/conf new=$conf/releases/new old=releases/old\n` +
          `workers="${workers.map((_, index) => `${folder}/worker-${index}`).join(' ')}"\n` +
          `${drain}\ndate`,
      ],
      {
        encoding: 'utf8',
        timeout: 20_000,
        env: { PATH: [join(folder, 'bin'), process.env.PATH].join(delimiter) },
      },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const said = stdout.trim().split('\n');
    return { after: Number(said.at(-1)) - 100, said: said.slice(0, -1) };
  }
  const closes = (worker = 0) =>
    `printf 'nginx: worker process is shutting down\\0' > worker-${worker}`;

  test('when all old workers have closed their door, what they had let in has asked, and no connection to an old instance is left', () => {
    const connections = line(KERNEL_OLD, '01') + line(KERNEL_NEW, '01');
    const events = { workers: ['nginx: worker process\0', 'nginx: worker process\0'], connections };
    const busyUntil12 = { ...events, at: { 2: closes(0), 4: closes(1), 12: ': > tcp' } };
    expect(seconds(busyUntil12)).toEqual({ after: 12, said: [] });
    // 3 s for a request that is on its way, and one.
    const free = { ...events, connections: line(KERNEL_NEW, '01') + line(KERNEL_OLD, '06') };
    expect(seconds({ ...free, at: { 2: closes(0), 4: closes(1) } })).toEqual({
      after: 8,
      said: [],
    });
  });

  test('at once, when no old worker is left or no instance is taken out', () => {
    expect(seconds({ workers: [] }).after).toBe(0);
    expect(seconds({ at: { 3: 'rm worker-0' } }).after).toBe(3);
    expect(seconds({ servers: [...NEW, ...OLD] }).after).toBe(0);
  });

  test('when the time is over, and says so', () => {
    const open = { connections: line(KERNEL_OLD, '01'), at: { 1: closes() } };
    expect(seconds({ ...open, limit: 20 })).toEqual({
      after: 20,
      said: [
        'Connections to the old instances are open 20 s after the reload; they end with their instances.',
      ],
    });
    expect(seconds({ ...open, limit: 0 }).after).toBe(0);
  });

  test("by nginx' own default, where the old configuration does not say how long a request may take", () => {
    expect(seconds({ headerTimeout: '', at: { 1: closes() }, limit: 90 }).after).toBe(62);
  });
});
