// Installs what the demo or the tests need and this machine lacks.
//
//   node scripts/machine/setup.mjs --for demo      nginx, redis-server, openssl, Terraform
//   node scripts/machine/setup.mjs --for tests     these, and what the live tests, a browser and other versions of nginx need
//
// As root on Debian or Ubuntu it installs them with apt; elsewhere it says what to install. Running it again is cheap:
// whatever is there already is left alone. It exits with 1 when something is missing that the purpose cannot do without.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { fetchNginxVersions } from './nginx-versions.mjs';
import { findProgram } from './programs.mjs';

/** @typedef {'demo' | 'tests'} Purpose */

/**
 * @typedef {object} Tool
 * @property {string} name as a person would call it
 * @property {Purpose[]} requiredFor what cannot be done without it
 * @property {Purpose[]} [usedFor] what is only done in part without it
 * @property {() => string | undefined} problem why it cannot be used; undefined when it can
 * @property {string} [apt] its package on Debian and Ubuntu
 * @property {string} [dnf] its package on Fedora and its relatives
 * @property {string} [brew] its formula for Homebrew
 * @property {string} [from] where to get it, when package managers do not have it
 * @property {'linux'} [platform] the only platform that it exists for
 */

const NGINX_MODULES = [
  'http_ssl_module',
  'http_v2_module',
  'http_realip_module',
  'http_stub_status_module',
];
const OLDEST_TERRAFORM = [1, 5];

/** @type {Tool[]} */
const TOOLS = [
  {
    name: 'nginx',
    requiredFor: ['demo', 'tests'],
    problem: nginxProblem,
    apt: 'nginx',
    dnf: 'nginx',
    brew: 'nginx',
  },
  {
    name: 'redis-server',
    requiredFor: ['demo', 'tests'],
    problem: () => notFound('redis-server'),
    apt: 'redis-server',
    dnf: 'redis',
    brew: 'redis',
  },
  {
    name: 'openssl',
    requiredFor: ['demo', 'tests'],
    problem: () => notFound('openssl'),
    apt: 'openssl',
    dnf: 'openssl',
    brew: 'openssl',
  },
  {
    name: 'Terraform',
    requiredFor: ['demo', 'tests'],
    problem: terraformProblem,
    from: 'https://developer.hashicorp.com/terraform/install',
  },
  {
    name: 'curl',
    requiredFor: ['tests'],
    problem: () => notFound('curl'),
    apt: 'curl',
    dnf: 'curl',
    brew: 'curl',
  },
  {
    name: 'ip (iproute2)',
    requiredFor: [],
    usedFor: ['tests'],
    problem: () => notFound('ip'),
    apt: 'iproute2',
    dnf: 'iproute',
    platform: 'linux',
  },
  {
    name: 'shellcheck',
    requiredFor: [],
    usedFor: ['tests'],
    problem: () => notFound('shellcheck'),
    apt: 'shellcheck',
    dnf: 'ShellCheck',
    brew: 'shellcheck',
  },
  {
    name: 'checkov',
    requiredFor: [],
    usedFor: ['tests'],
    problem: () => notFound('checkov'),
    brew: 'checkov',
    from: 'pip install checkov',
  },
  {
    name: 'logrotate',
    requiredFor: [],
    usedFor: ['tests'],
    problem: () => notFound('logrotate'),
    apt: 'logrotate',
    dnf: 'logrotate',
    platform: 'linux',
  },
  {
    name: 'debootstrap',
    requiredFor: [],
    usedFor: ['tests'],
    problem: () => notFound('debootstrap'),
    apt: 'debootstrap',
    dnf: 'debootstrap',
    platform: 'linux',
  },
  {
    name: 'systemd-nspawn',
    requiredFor: [],
    usedFor: ['tests'],
    problem: () => notFound('systemd-nspawn'),
    apt: 'systemd-container',
    dnf: 'systemd-container',
    platform: 'linux',
  },
  {
    name: 'docker',
    requiredFor: [],
    usedFor: ['tests'],
    problem: () => notFound('docker'),
    // Debian took the client out of the package of the Engine with release 13.
    apt: debianRelease() >= 13 ? 'docker-cli' : 'docker.io',
    from: 'https://docs.docker.com/engine/install',
    platform: 'linux',
  },
  {
    name: 'Docker Engine',
    requiredFor: [],
    usedFor: ['tests'],
    problem: engineProblem,
    apt: 'docker.io',
    from: 'https://docs.docker.com/engine/install',
    platform: 'linux',
  },
  {
    name: 'chromium',
    requiredFor: [],
    usedFor: ['tests'],
    problem: () => notFound('chromium', 'chromium-browser', 'google-chrome'),
    // Ubuntu's package of this name installs a snap, which does not run in containers.
    apt: distribution() === 'ubuntu' ? undefined : 'chromium',
    dnf: 'chromium',
    brew: '--cask chromium',
    from: 'https://www.google.com/chrome',
  },
];

/**
 * Installs what is missing where that is possible, and says what it does.
 *
 * @param {{ purpose: Purpose, log?: (line: string) => void }} options
 * @returns {Promise<{ ok: boolean, missing: string[] }>} whether everything required is there, and what is not
 */
export async function setUp({ purpose, log = console.log }) {
  const tools = TOOLS.filter(
    ({ requiredFor, usedFor = [], platform }) =>
      [...requiredFor, ...usedFor].includes(purpose) &&
      (platform === undefined || platform === process.platform),
  );
  const say = (/** @type {string} */ line) => log(`setup: ${line}`);
  const isRequired = (/** @type {Tool} */ tool) => tool.requiredFor.includes(purpose);

  const packages = tools.filter(({ problem, apt }) => apt && problem());
  if (packages.length > 0 && hasApt() && process.getuid?.() === 0) {
    install(
      packages.filter(isRequired).flatMap(({ apt }) => apt ?? []),
      say,
    );
    // Apart, so that one of these that cannot be installed does not take the required ones with it.
    install(
      packages.filter((tool) => !isRequired(tool)).flatMap(({ apt }) => apt ?? []),
      say,
    );
  }

  const missing = tools.filter(({ problem }) => problem() !== undefined);
  for (const tool of missing) {
    const consequence = isRequired(tool) ? 'required' : 'the tests that need it will be skipped';
    say(`${tool.name}: ${tool.problem()} (${consequence})`);
  }
  const advice = howToInstall(missing);
  for (const line of advice) {
    say(`  ${line}`);
  }

  if (purpose === 'tests') {
    for (const problem of await fetchNginxVersions({ log })) {
      say(`${problem} (the tests that need it will be skipped)`);
    }
  }

  const ok = !missing.some(isRequired);
  if (missing.length === 0) {
    say(`everything that the ${purpose} need${purpose === 'demo' ? 's' : ''} is here`);
  } else if (!ok) {
    say('stopping here: install what is required, then run this again');
  }
  return { ok, missing: missing.map(({ name }) => name) };
}

/** @param {string[]} names any of them will do */
function notFound(...names) {
  return names.some(findProgram) ? undefined : 'not found';
}

function nginxProblem() {
  const nginx = findProgram('nginx');
  if (!nginx) {
    return 'not found';
  }
  const { stderr } = spawnSync(nginx, ['-V'], { encoding: 'utf8' });
  const lacking = NGINX_MODULES.filter((module) => !stderr.includes(`--with-${module}`));
  return lacking.length === 0 ? undefined : `${nginx} was built without ${lacking.join(', ')}`;
}

function terraformProblem() {
  const terraform = findProgram('terraform');
  if (!terraform) {
    return 'not found';
  }
  const { stdout, stderr } = spawnSync(terraform, ['version', '-json'], {
    encoding: 'utf8',
    env: { ...process.env, CHECKPOINT_DISABLE: '1' },
  });
  const version = /"terraform_version":\s*"(\d+)\.(\d+)[^"]*"/.exec(stdout);
  if (!version) {
    return `${terraform} does not say its version: ${stderr.trim() || 'it printed nothing'}`;
  }
  const [major = 0, minor = 0] = version.slice(1).map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_TERRAFORM;
  const recent = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  return recent
    ? undefined
    : `${terraform} is ${major}.${minor}, but ${OLDEST_TERRAFORM.join('.')} or newer is needed`;
}

/** An Engine that runs will do, and so will one that the tests can start for themselves. */
function engineProblem() {
  const client = findProgram('docker');
  const answer = client && spawnSync(client, ['version'], { stdio: 'ignore', timeout: 10_000 });
  return answer && answer.status === 0 ? undefined : notFound('dockerd');
}

/** @param {Tool[]} tools */
function howToInstall(tools) {
  const manager = packageManager();
  const packages = manager ? [...new Set(tools.flatMap((tool) => tool[manager] ?? []))] : [];
  const lines = [];
  if (manager === 'apt' && packages.length > 0) {
    lines.push(`sudo apt-get install ${packages.join(' ')}`);
    if (packages.includes('nginx') || packages.includes('redis-server')) {
      lines.push('and, as the packages start services of their own on ports 80 and 6379:');
      lines.push('sudo systemctl disable --now nginx redis-server');
    }
  } else if (manager === 'dnf' && packages.length > 0) {
    lines.push(`sudo dnf install ${packages.join(' ')}`);
  } else if (manager === 'brew') {
    lines.push(...packages.map((formula) => `brew install ${formula}`));
  }
  for (const tool of tools) {
    if (!manager || !tool[manager]) {
      lines.push(`${tool.name}: ${tool.from ?? 'install it with your package manager'}`);
    }
  }
  return lines;
}

/** @returns {'apt' | 'dnf' | 'brew' | undefined} */
function packageManager() {
  if (hasApt()) {
    return 'apt';
  }
  if (findProgram('dnf')) {
    return 'dnf';
  }
  return process.platform === 'darwin' ? 'brew' : undefined;
}

function hasApt() {
  return findProgram('apt-get') !== undefined && existsSync('/etc/debian_version');
}

function distribution() {
  const file = '/etc/os-release';
  return existsSync(file) ? /^ID="?(\w+)/m.exec(readFileSync(file, 'utf8'))?.[1] : undefined;
}

/** For example 12; 0 for anything but a released Debian. */
function debianRelease() {
  const file = '/etc/os-release';
  const release = existsSync(file) && /^VERSION_ID="?(\d+)/m.exec(readFileSync(file, 'utf8'))?.[1];
  return release && distribution() === 'debian' ? Number(release) : 0;
}

/**
 * @param {string[]} names
 * @param {(line: string) => void} say
 */
function install(names, say) {
  const packages = [...new Set(names)];
  if (packages.length === 0) {
    return;
  }
  withoutStartingServices(() => {
    if (!packages.every(hasCandidate)) {
      updateLists(say);
    }
    say(`installing ${packages.join(' ')} ...`);
    const started = Date.now();
    const args = ['install', '--yes', '--no-install-recommends', ...packages];
    let result = apt(args);
    if (result.status !== 0 && result.signal === null) {
      // Lists that are out of date name files that the mirror no longer has.
      updateLists(say);
      result = apt(args);
    }
    if (result.status !== 0) {
      say(`apt-get could not install them:\n${lastLines(`${result.stdout}${result.stderr}`)}`);
      return;
    }
    say(`installed (${Math.round((Date.now() - started) / 1000)} s)`);
  });
}

/** @param {string} name */
function hasCandidate(name) {
  const { stdout } = spawnSync('apt-cache', ['policy', name], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  return /Candidate: \d/.test(stdout);
}

let listsUpdated = false;

/** @param {(line: string) => void} say */
function updateLists(say) {
  if (listsUpdated) {
    return;
  }
  listsUpdated = true;
  say('apt-get update ...');
  const result = apt(['update']);
  if (result.status !== 0) {
    // Another source of this machine may be broken; whether it matters shows at the installation.
    say(`apt-get update had a problem:\n${lastLines(`${result.stdout}${result.stderr}`)}`);
  }
}

/** @param {string[]} args */
function apt(args) {
  return spawnSync(
    'apt-get',
    ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3', ...args],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
      maxBuffer: 64 * 1024 * 1024,
    },
  );
}

/** @param {string} output */
function lastLines(output) {
  return output
    .trim()
    .split('\n')
    .slice(-8)
    .map((line) => `    ${line}`)
    .join('\n');
}

const POLICY = '/usr/sbin/policy-rc.d';
const POLICY_ASIDE = `${POLICY}.before-cdktf-aiwm`;
const POLICY_MARK = '# written by the setup script of cdktf-aiwm for the time of an installation';

/**
 * Debian starts a service as soon as its package is installed, unless this policy says no. nginx on port 80 and Redis
 * on 6379 would be in the way of what is to be run here.
 *
 * @param {() => void} action
 */
function withoutStartingServices(action) {
  // What a run that was killed has left.
  if (existsSync(POLICY) && readFileSync(POLICY, 'utf8').includes(POLICY_MARK)) {
    restorePolicy();
  }
  // A signal reaches apt as well; here it takes effect when the policy is back.
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  try {
    if (existsSync(POLICY)) {
      renameSync(POLICY, POLICY_ASIDE);
    }
    writeFileSync(POLICY, `#!/bin/sh\n${POLICY_MARK}\nexit 101\n`, { mode: 0o755 });
    action();
  } finally {
    restorePolicy();
  }
}

function restorePolicy() {
  rmSync(POLICY, { force: true });
  if (existsSync(POLICY_ASIDE)) {
    renameSync(POLICY_ASIDE, POLICY);
  }
}

async function main() {
  const { values } = parseArgs({ options: { for: { type: 'string', default: 'tests' } } });
  const purpose = values.for;
  if (purpose !== 'demo' && purpose !== 'tests') {
    console.error(`setup: --for ${purpose} is not known; say --for demo or --for tests`);
    process.exitCode = 2;
    return;
  }
  const { ok } = await setUp({ purpose });
  process.exitCode = ok ? 0 : 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main();
}
