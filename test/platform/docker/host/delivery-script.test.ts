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
  ['the delivery', deliveryScript(8081, undefined)],
  ['the delivery at another port', deliveryScript(65_535, undefined)],
  ['the delivery with a certificate of its own', deliveryScript(8081, ['localhost'])],
  [
    'the delivery with one for many names',
    deliveryScript(8081, [
      'chat.example.org',
      '*.example.org',
      'xn--bcher-kva.example',
      '192.0.2.7',
    ]),
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
  const names = (...list: string[]) => /^names='(.*)'$/m.exec(deliveryScript(8081, list))?.[1];

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
    expect(deliveryScript(8081, undefined)).not.toMatch(/openssl|self-signed/);
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
      `case "$*" in *-t*) grep -q good ${current}/nginx.conf ;; *) echo "nginx $*" ;; esac`,
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
