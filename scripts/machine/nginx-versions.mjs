// Other versions of nginx to check configurations with, taken from Debian suites by debootstrap and cached outside
// the repository. Each becomes a small folder: the nginx binary, the shared libraries it was built against, and a
// `nginx` start script that runs it with them, so that it sees this machine's files and needs no chroot.
//
//   node scripts/machine/nginx-versions.mjs     fetches what the cache lacks and lists what is there
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findProgram } from './programs.mjs';

/** A release of nginx, and the Debian suites that may have it, in the order in which they are tried. */
const WANTED = [
  { version: '1.26', suites: ['trixie'] },
  { version: '1.30', suites: ['forky', 'sid'] },
];

/** Where the versions are kept between runs. */
export function cacheFolder() {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'cdktf-aiwm');
}

/**
 * The versions this module knows of, and where each one's executable is; `executable` is undefined until
 * `fetchNginxVersions` has been successful.
 *
 * @returns {{ version: string, executable: string | undefined }[]}
 */
export function nginxVersions() {
  return WANTED.map(({ version }) => {
    const executable = join(cacheFolder(), `nginx-${version}`, 'nginx');
    return { version, executable: existsSync(executable) ? executable : undefined };
  });
}

/**
 * Fetches the versions that the cache lacks, at the same time.
 *
 * @param {{ log?: (line: string) => void }} [options]
 * @returns {Promise<string[]>} why a version is missing, one sentence each; empty when all are there
 */
export async function fetchNginxVersions({ log = console.log } = {}) {
  const missing = nginxVersions().filter(({ executable }) => !executable);
  if (missing.length === 0) {
    log('nginx-versions: all are cached');
    return [];
  }
  const obstacle = whyNotHere();
  if (obstacle) {
    return missing.map(({ version }) => `nginx ${version}: ${obstacle}`);
  }

  const results = await Promise.all(
    WANTED.filter((wanted) => missing.some(({ version }) => version === wanted.version)).map(
      (wanted) => fetchVersion(wanted, log),
    ),
  );
  return results.filter((problem) => problem !== undefined);
}

function whyNotHere() {
  if (process.platform !== 'linux') {
    return 'debootstrap runs on Linux only';
  }
  if (process.getuid?.() !== 0) {
    return 'debootstrap needs root';
  }
  if (!findProgram('debootstrap')) {
    return 'debootstrap is not installed (apt-get install debootstrap)';
  }
  return undefined;
}

/**
 * @param {{ version: string, suites: string[] }} wanted
 * @param {(line: string) => void} log
 * @returns {Promise<string | undefined>} why it did not work, if so
 */
async function fetchVersion({ version, suites }, log) {
  const problems = [];
  for (const suite of suites) {
    const started = Date.now();
    log(`nginx-versions: fetching nginx ${version} from Debian ${suite} ...`);
    try {
      const real = await fetchFromSuite(version, suite);
      const seconds = Math.round((Date.now() - started) / 1000);
      log(`nginx-versions: nginx ${real} is ready (${seconds} s)`);
      return undefined;
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  return `nginx ${version}: ${problems.join('; ')}`;
}

/**
 * @param {string} version
 * @param {string} suite
 * @returns {Promise<string>} the version in full
 */
async function fetchFromSuite(version, suite) {
  mkdirSync(cacheFolder(), { recursive: true });
  // In the cache, so that the last step is a rename: a half-made version is never seen.
  const work = mkdtempSync(join(cacheFolder(), '.fetch-'));
  try {
    const root = join(work, 'root');
    await run('debootstrap', [
      '--download-only',
      '--variant=minbase',
      '--include=nginx',
      ...keyringOption(),
      suite,
      root,
      debianMirror(),
      // A debootstrap older than the suite has no script of its name; all new suites share this one.
      '/usr/share/debootstrap/scripts/sid',
    ]);

    const unpacked = join(work, 'unpacked');
    const archives = join(root, 'var', 'cache', 'apt', 'archives');
    for (const archive of readdirSync(archives)) {
      // Libraries and nginx itself; the rest of a Debian system is not needed to run it.
      if (/^(lib|nginx_|zlib1g_)/.test(archive)) {
        await run('dpkg-deb', ['--extract', join(archives, archive), unpacked]);
      }
    }
    const made = join(work, 'made');
    pack(unpacked, made);

    const real = realVersion(join(made, 'nginx'));
    if (!real?.startsWith(`${version}.`)) {
      throw new Error(`Debian ${suite} has nginx ${real ?? 'that does not start'} instead`);
    }
    const destination = join(cacheFolder(), `nginx-${version}`);
    rmSync(destination, { recursive: true, force: true });
    renameSync(made, destination);
    return real;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Copies nginx and the libraries it loads, as the dynamic loader names them, and writes the start script.
 *
 * @param {string} unpacked
 * @param {string} destination
 */
function pack(unpacked, destination) {
  const libraries = readdirSync(join(unpacked, 'usr', 'lib'))
    .map((folder) => join(unpacked, 'usr', 'lib', folder))
    .find((folder) => readdirSync(folder).some((file) => /^libc\.so/.test(file)));
  if (!libraries) {
    throw new Error('the C library was not among the downloaded packages');
  }
  const loader = readdirSync(libraries).find((file) => /^ld-linux/.test(file));
  if (!loader) {
    throw new Error('the dynamic loader was not among the downloaded packages');
  }
  const nginx = join(unpacked, 'usr', 'sbin', 'nginx');
  const list = spawnSync(join(libraries, loader), ['--library-path', libraries, '--list', nginx], {
    encoding: 'utf8',
  });
  const needed = [...list.stdout.matchAll(/=> (\S+)/g)].map((match) => match[1] ?? '');
  const foreign = needed.filter((file) => !file.startsWith(unpacked));
  if (list.status !== 0 || foreign.length > 0) {
    throw new Error(`nginx's libraries are incomplete: ${list.stdout}${list.stderr}`);
  }

  mkdirSync(join(destination, 'lib'), { recursive: true });
  for (const file of [join(libraries, loader), ...needed]) {
    copyFileSync(file, join(destination, 'lib', basename(file)));
  }
  copyFileSync(nginx, join(destination, 'nginx-binary'));
  const script = [
    '#!/bin/sh',
    'here=$(dirname "$(readlink -f "$0")")',
    `exec "$here/lib/${loader}" --library-path "$here/lib" "$here/nginx-binary" "$@"`,
    '',
  ].join('\n');
  writeFileSync(join(destination, 'nginx'), script);
  for (const file of ['nginx', 'nginx-binary', join('lib', loader)]) {
    chmodSync(join(destination, file), 0o755);
  }
}

/**
 * What `nginx -v` says, for example 1.26.3.
 *
 * @param {string} executable
 * @returns {string | undefined} undefined when it cannot be run
 */
export function realVersion(executable) {
  const result = spawnSync(executable, ['-v'], { encoding: 'utf8' });
  return /nginx\/(\d+\.\d+\.\d+)/.exec(result.stderr ?? '')?.[1];
}

/** The mirror that apt is set up with; a Debian derivative's own mirror does not have Debian's suites. */
function debianMirror() {
  const targets = spawnSync(
    'apt-get',
    ['indextargets', '--format', '$(ORIGIN)|$(LABEL)|$(REPO_URI)', 'Created-By: Packages'],
    { encoding: 'utf8' },
  );
  const own = (targets.stdout ?? '')
    .split('\n')
    .map((line) => line.split('|'))
    .find(([origin, label]) => origin === 'Debian' && label === 'Debian');
  return own?.[2] ?? 'http://deb.debian.org/debian';
}

function keyringOption() {
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  return existsSync(keyring) ? [`--keyring=${keyring}`] : [];
}

/** debootstrap downloads with wget, which does not know apt's proxy. */
function environment() {
  if (process.env.http_proxy) {
    return process.env;
  }
  const dump = spawnSync('apt-config', ['dump', '--format', '%v%n', 'Acquire::http::Proxy'], {
    encoding: 'utf8',
  });
  const proxy = (dump.stdout ?? '').trim().split('\n')[0];
  return proxy ? { ...process.env, http_proxy: proxy } : process.env;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<void>}
 */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    /** @type {string[]} */
    const output = [];
    child.stdout.on('data', (chunk) => output.push(String(chunk)));
    child.stderr.on('data', (chunk) => output.push(String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) {
        resolve();
        return;
      }
      const last = output.join('').trim().split('\n').slice(-5).join('\n');
      reject(new Error(`${command} ${args[0]} failed with ${code}: ${last}`));
    });
  });
}

async function main() {
  const problems = await fetchNginxVersions();
  for (const { version, executable } of nginxVersions()) {
    console.log(`nginx ${version}: ${executable ? realVersion(executable) : 'missing'}`);
  }
  for (const problem of problems) {
    console.error(`nginx-versions: ${problem}`);
  }
  process.exitCode = problems.length > 0 ? 1 : 0;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  void main();
}
