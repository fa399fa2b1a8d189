// Owns the Docker Engine that tests start on a machine where none runs: one `dockerd` with its own folders and socket,
// for one test process after another that runs containers, and beside it one that runs a swarm. It is a process of its own, so that it outlives a test process that is killed,
// and so leaves nothing behind in either case: no process, network interface, firewall rule or mount. Only the images
// and the log of dockerd stay, in the cache, for the next run and for whoever wants to know what happened.
//
//   node engine-guard.mjs <run folder> <cache folder> <dockerd>
//
// Whoever uses a part of the Engine creates its file, `holder-host` or `holder-swarm`, in the run folder and deletes it
// afterwards (engine.ts does both). The file holds the id and the start of a process; when that has died, the guard deletes it.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const [runFolder = '', cache = '', dockerd = ''] = process.argv.slice(2);
const inRun = (/** @type {string} */ name) => join(runFolder, name);
const holders = ['host', 'swarm'].map((part) => inRun(`holder-${part}`));
const failure = inRun('failure');
const pidFile = inRun('dockerd.pid');
const dataFolder = join(cache, 'data');
const logFile = join(cache, 'dockerd.log');
const host = `unix://${inRun('docker.sock')}`;

/** How long an Engine that nobody holds waits for the next test file. */
const IDLE_MS = 5_000;
const POLL_MS = 250;
const START_MS = 30_000;
const STOP_MS = 20_000;
const BRIDGES = ['docker0', 'docker_gwbridge'];
const FORWARDING = '/proc/sys/net/ipv4/ip_forward';

const environment = {
  ...process.env,
  PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
  DOCKER_HOST: host,
};

let asked = false;
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
  process.on(signal, () => (asked = true));
}

/**
 * @param {string} command
 * @param {string[]} args
 */
async function run(command, ...args) {
  const { stdout } = await promisify(execFile)(command, args, { env: environment });
  return stdout.trim();
}

/** @param {number} pid @returns {string | undefined} its start in the kernel's own count, which no other process shares */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function isHeld() {
  // Each is looked at, so that the file of a dead process goes in any case.
  return holders.map(isTaken).includes(true);
}

/** @param {string} holder */
function isTaken(holder) {
  try {
    const [pid, start] = readFileSync(holder, 'utf8').split(' ');
    if (startOf(Number(pid)) === start) {
      return true;
    }
    unlinkSync(holder);
  } catch {
    // Nobody holds it, or let it go just now.
  }
  return false;
}

/** Takes the places of all holders, so that nobody begins with an Engine that is about to end. */
function close() {
  /** @type {string[]} */
  const taken = [];
  try {
    for (const holder of holders) {
      writeFileSync(holder, `${process.pid} ${startOf(process.pid)}`, { flag: 'wx' });
      taken.push(holder);
    }
    return true;
  } catch {
    taken.forEach((holder) => unlinkSync(holder));
    return false;
  }
}

// ---- the machine, as it was before

/**
 * @typedef {object} Machine
 * @property {string[]} bridges
 * @property {string} forwarding
 * @property {string[]} rules of the tables `filter` and `nat`, as `iptables -S` prints them, with the table before
 */

/** @returns {Promise<Machine>} */
async function lookAtMachine() {
  const rules = await Promise.all(
    ['filter', 'nat'].map(async (table) =>
      (await run('iptables', '-w', '-t', table, '-S'))
        .split('\n')
        .map((rule) => `${table} ${rule}`),
    ),
  );
  return {
    bridges: BRIDGES.filter((bridge) => existsSync(`/sys/class/net/${bridge}`)),
    forwarding: readFileSync(FORWARDING, 'utf8').trim(),
    rules: rules.flat(),
  };
}

/**
 * An Engine that ends leaves its bridges and its part of the firewall. What was there before it started stays.
 *
 * @param {Machine} before
 */
async function restoreMachine(before) {
  const now = await lookAtMachine();
  for (const bridge of now.bridges.filter((name) => !before.bridges.includes(name))) {
    await run('ip', 'link', 'delete', bridge);
  }
  const added = now.rules.filter((rule) => !before.rules.includes(rule));
  // First the rules, then the chains, which have to be empty and unused.
  const commands = [
    ...added.flatMap((rule) => {
      const [table, verb, ...rest] = rule.split(' ');
      const mine = /\bDOCKER\b|\bDOCKER-|\bdocker(0|_gwbridge)\b|\bbr-[0-9a-f]{12}\b/.test(rule);
      return verb === '-A' && mine ? [[table, '-D', ...rest]] : [];
    }),
    ...added.flatMap((rule) => {
      const [table, verb, chain = ''] = rule.split(' ');
      return verb === '-N' && chain.startsWith('DOCKER') ? [[table, '-X', chain]] : [];
    }),
    ...before.rules
      .filter((rule) => rule === 'filter -P FORWARD ACCEPT')
      .map((rule) => rule.split(' ')),
  ];
  for (const [table = '', ...args] of commands) {
    await run('iptables', '-w', '-t', table, ...args);
  }
  if (now.forwarding !== before.forwarding) {
    writeFileSync(FORWARDING, before.forwarding);
  }
}

// ---- dockerd

/** @returns {number | undefined} the process of a dockerd of ours, for example of a guard that was killed */
function runningEngine() {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return command.includes(pidFile) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} driver for the layers of images */
async function startEngine(driver) {
  writeFileSync(inRun('daemon.json'), '{}\n');
  const log = createWriteStream(logFile);
  await once(log, 'open');
  const child = spawn(
    dockerd,
    [
      ['--data-root', dataFolder],
      ['--exec-root', inRun('exec')],
      ['--pidfile', pidFile],
      ['--host', host],
      ['--storage-driver', driver],
      // What the machine has configured for its own Engine would contradict the options above.
      ['--config-file', inRun('daemon.json')],
      ['--group', 'root'],
    ].flat(),
    { env: environment, stdio: ['ignore', log, log], detached: true },
  );
  /** @type {string | undefined} */
  let ended;
  child.once('error', (error) => (ended = error.message));
  child.once('exit', () => (ended ??= lastWords()));
  const deadline = Date.now() + START_MS;
  while (!ended && Date.now() < deadline) {
    try {
      return await run('docker', 'version', '--format', '{{.Server.Version}}');
    } catch {
      await sleep(100);
    }
  }
  throw new Error(ended ?? `dockerd did not answer in ${START_MS / 1000} s`);
}

function lastWords() {
  const lines = readFileSync(logFile, 'utf8').trim().split('\n');
  const said = lines.reverse().find((line) => /failed to start|level=(fatal|error)/.test(line));
  return `dockerd: ${said ?? lines[0]}`;
}

/** Takes away everything that tests may have left in the Engine, but the images. */
async function emptyEngine() {
  // First, because services would replace their containers.
  await run('docker', 'swarm', 'leave', '--force').catch(() => {});
  const containers = await run('docker', 'ps', '--all', '--quiet');
  if (containers) {
    await run('docker', 'rm', '--force', '--volumes', ...containers.split('\n'));
  }
  await run('docker', 'network', 'prune', '--force');
  const volumes = await run('docker', 'volume', 'ls', '--quiet');
  if (volumes) {
    await run('docker', 'volume', 'rm', '--force', ...volumes.split('\n'));
  }
  await run('docker', 'image', 'prune', '--force');
  await run('docker', 'builder', 'prune', '--all', '--force');
}

/** @param {number} pid */
async function stopEngine(pid) {
  // One that does not answer keeps what it has; the next one starts with it and is emptied then.
  await emptyEngine().catch(() => {});
  process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + STOP_MS;
  while (runningEngine() === pid && Date.now() < deadline) {
    await sleep(50);
  }
  if (runningEngine() === pid) {
    process.kill(pid, 'SIGKILL');
    await sleep(500);
  }
}

// ---- one run

async function tidyUp() {
  const pid = runningEngine();
  if (pid !== undefined) {
    await stopEngine(pid);
  }
  const machine = inRun('machine.json');
  if (existsSync(machine)) {
    await restoreMachine(JSON.parse(readFileSync(machine, 'utf8')));
    unlinkSync(machine);
  }
  rmSync(inRun('ready'), { force: true });
}

/** What an Engine that was a swarm keeps mounted below its folder. */
async function unmountAll() {
  const below = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${runFolder}/`));
  for (const path of below.reverse()) {
    await run('umount', '--lazy', path);
  }
}

async function main() {
  mkdirSync(runFolder, { recursive: true, mode: 0o700 });
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  rmSync(failure, { force: true });
  await tidyUp();
  writeFileSync(inRun('machine.json'), JSON.stringify(await lookAtMachine()));
  try {
    const version = await startEngine('overlay2').catch((error) => {
      // A cache on a file system that cannot carry another overlay, as inside a container.
      if (/driver/i.test(error.message)) {
        return startEngine('vfs');
      }
      throw error;
    });
    await emptyEngine();
    writeFileSync(inRun('ready'), version);
  } catch (error) {
    await tidyUp();
    throw error;
  }
  let idleSince = Date.now();
  for (;;) {
    if (isHeld()) {
      idleSince = Date.now();
    }
    const over = asked || runningEngine() === undefined || Date.now() - idleSince > IDLE_MS;
    if (over && (close() || asked || runningEngine() === undefined)) {
      break;
    }
    await sleep(POLL_MS);
  }
  await tidyUp();
  await unmountAll();
  rmSync(runFolder, { recursive: true, force: true });
}

try {
  await main();
} catch (error) {
  writeFileSync(failure, error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
