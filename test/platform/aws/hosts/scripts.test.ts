// What runs on hosts of AWS, read by shells and by shellcheck. What it does is for test/live/aws-host.
import { spawnSync } from 'node:child_process';
import { findProgram } from '../../../../scripts/machine/programs.mjs';
import { nginxReleaseScript } from '../../../../lib/platform/aws/hosts/programs/nginx-release';
import { nginxHostUserData } from '../../../../lib/platform/aws/hosts/programs/user-data';

const nginxHost = nginxHostUserData({
  nginxVersion: '1.30',
  metric: { namespace: 'AIWM', name: 'Front', value: "dev/it's" },
  logGroups: { access: '/aiwm/dev/nginx', error: '/aiwm/dev/nginx/error' },
  firstBoot: [],
});

/** What an installing script writes to a host, by name. */
function installed(script: string): [string, string][] {
  const found = script.matchAll(
    /^cat > "\$root\/usr\/local\/lib\/aiwm\/([\w.-]+)\.\$\$" << 'AIWM_END'\n([^]*?)\nAIWM_END$/gm,
  );
  return [...found].map(([, name = '', text = '']) => [name, text]);
}

const delivered: [string, string][] = [['the release of nginx', nginxReleaseScript()]];
const firstBoot: [string, string][] = [['the first boot of a host of nginx', nginxHost]];
const all = [...delivered, ...firstBoot];
const kept = all.flatMap(([, script]) => installed(script));

test('programs that stay on a host', () => {
  expect(kept.map(([name]) => name)).toEqual(['nginx-release', 'connections']);
});

describe.each(['sh', 'bash', 'dash'].filter((shell) => findProgram(shell)))(
  '%s reads without complaint',
  (shell) => {
    test.each([...all, ...kept])('%s', (_, script) => {
      const { status, stderr } = spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    });
  },
);

describe('shellcheck finds nothing in', () => {
  if (!findProgram('shellcheck')) {
    test.skip('anything: shellcheck is not installed, npm run setup', () => {});
    return;
  }

  test.each([...all, ...kept])('%s', (_, script) => {
    const { stdout } = spawnSync('shellcheck', ['--shell=sh', '--format=gcc', '-'], {
      input: script,
      encoding: 'utf8',
    });
    expect(stdout).toBe('');
  });
});

test.each(all)('%s holds nothing that Terraform or SSM would take for theirs', (_, script) => {
  expect(script).not.toMatch(/\$\{|%\{|\{\{|\}\}/);
  // What goes through SSM and user data keeps its bytes only in ASCII.
  expect(script).toMatch(/^[\n\x20-\x7e]*$/);
});

test.each(firstBoot)('%s fits, and is the same for every configuration', (_, script) => {
  expect(Buffer.byteLength(script)).toBeLessThan(16 * 1024);
  expect(script).toMatch(/^#!\/bin\/bash\n/);
  expect(script).not.toMatch(/AIWM_(SHA256|KEY|BUCKET|TLS_SECRET)|secretsmanager|s3:\/\//);
});

test.each(delivered)('%s fits into a document of SSM', (_, script) => {
  expect(JSON.stringify(script).length).toBeLessThan(48 * 1024);
});

test('nginx is installed from the requested release line', () => {
  const host = (nginxVersion: string) =>
    nginxHostUserData({
      nginxVersion,
      metric: { namespace: 'AIWM', name: 'Front', value: 'dev' },
      logGroups: { access: 'nginx', error: 'nginx/error' },
      firstBoot: [],
    });
  expect(host('1.30')).toContain('https://nginx.org/packages/amzn/2023/$basearch/');
  expect(host('1.30')).toContain("'nginx-1.30.*'");
  expect(host('1.31')).toContain('https://nginx.org/packages/mainline/amzn/2023/$basearch/');
});
