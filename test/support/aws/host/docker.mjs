// In the place of Docker, where there is no Engine: an image is a program for Node.js, a container its process. Keeps
// to what the host's programs use, and refuses anything else.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const home = join(process.env.AIWM_ROOT ?? '', 'docker');
// Not by its arguments: Node.js takes an --env-file among them for its own.
const [verb = '', ...rest] = (process.env.AIWM_DOCKER_WORDS ?? '').split('\n');
const last = rest.at(-1) ?? '';
const configuration = process.env.DOCKER_CONFIG ?? '';
const at = (/** @type {string[]} */ ...names) => join(home, ...names);
for (const folder of ['registry', 'images', 'tags', 'containers']) {
  mkdirSync(at(folder), { recursive: true });
}
appendFileSync(at('calls'), `${[verb, ...rest].join(' ')}\n`);

/** @returns {never} */
const no = (/** @type {string} */ message) => {
  console.error(message);
  process.exit(1);
};
const fileOf = (/** @type {string} */ image) => image.replace(/[^\w.-]/g, '_');
const idOf = (/** @type {string} */ file) =>
  `sha256:${createHash('sha256').update(readFileSync(file)).digest('hex')}`;
/** An image stays when its tag comes to mean another. */
const imageFile = (/** @type {string} */ name) => {
  const tag = at('tags', fileOf(name));
  const file = at('images', existsSync(tag) ? readFileSync(tag, 'utf8') : name);
  return existsSync(file) ? file : undefined;
};

/** Where the record of a container is, which holds the id of its process. */
const record = (/** @type {string} */ name) => at('containers', name);
const pidOf = (/** @type {string} */ name) =>
  existsSync(record(name)) ? Number(readFileSync(record(name))) : 0;
const isAlive = (/** @type {number} */ pid) => {
  try {
    return pid > 0 && !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};
/**
 * @param {string} name
 * @param {NodeJS.Signals} signal
 * @param {number} seconds
 */
async function end(name, signal, seconds) {
  const pid = pidOf(name);
  if (isAlive(pid)) {
    process.kill(pid, signal);
  }
  for (let left = seconds * 20; left > 0 && isAlive(pid); left -= 1) {
    await sleep(50);
  }
  if (isAlive(pid)) {
    process.kill(pid, 'SIGKILL');
  }
  while (isAlive(pid)) {
    await sleep(20);
  }
}

switch (verb) {
  case 'login':
    mkdirSync(configuration, { recursive: true });
    writeFileSync(join(configuration, 'config.json'), readFileSync(0, 'utf8'));
    break;
  case 'pull': {
    const image = last;
    const source = at('registry', fileOf(image));
    if (!existsSync(source)) {
      no(`Error response from daemon: manifest for ${image} not found: manifest unknown`);
    }
    const login = join(configuration, 'config.json');
    if (image.includes('.ecr.') && !existsSync(login)) {
      no('Error response from daemon: no basic auth credentials');
    }
    copyFileSync(source, at('images', idOf(source)));
    writeFileSync(at('tags', fileOf(image)), idOf(source));
    console.log(image);
    break;
  }
  case 'image': {
    const file = imageFile(last) ?? no(`Error: No such image: ${last}`);
    if (rest[0] === 'rm') {
      rmSync(file);
    } else {
      console.log(JSON.stringify([{ Id: idOf(file) }]));
    }
    break;
  }
  case 'inspect':
    if (!isAlive(pidOf(last))) {
      no(`Error: No such object: ${last}`);
    }
    console.log(JSON.stringify([{ State: { Pid: pidOf(last) } }]));
    break;
  case 'rm':
    await end(last, 'SIGKILL', 0);
    rmSync(record(last), { force: true });
    break;
  case 'run':
    run(rest);
    break;
  case 'wait': {
    const name = last;
    if (!existsSync(record(name))) {
      no(`Error response from daemon: No such container: ${name}`);
    }
    const pid = pidOf(name);
    while (isAlive(pid)) {
      await sleep(50);
    }
    rmSync(record(name), { force: true });
    console.log('137');
    break;
  }
  case 'stop':
    await end(last, 'SIGTERM', Number(rest[rest.indexOf('-t') + 1]));
    break;
  case 'kill':
    await end(last, 'SIGKILL', 0);
    break;
  default:
    no(`docker: '${verb}' is not known here`);
}

/** @param {string[]} words */
function run(words) {
  /** @type {Record<string, string>} */
  const variables = {};
  let name = '';
  let index = 0;
  for (; words[index]?.startsWith('--'); index += 1) {
    const flag = words[index];
    if (['--detach', '--rm', '--init', '--read-only'].includes(flag)) {
      continue;
    }
    index += 1;
    const value = words[index] ?? '';
    if (flag === '--name') {
      name = value;
    } else if (flag === '--env') {
      variables[value] = process.env[value] ?? '';
    } else if (flag === '--env-file') {
      for (const line of readFileSync(value, 'utf8').split('\n').filter(Boolean)) {
        const [, key = '', text = ''] =
          /^([^=]+)=(.*)$/.exec(line) ?? no(`poorly formatted: ${line}`);
        variables[key] = text;
      }
    }
  }
  const file = imageFile(words[index] ?? '') ?? no(`docker: Error: No such image: ${words[index]}`);
  if (existsSync(record(name))) {
    no(
      `docker: Error response from daemon: Conflict. The container name "/${name}" is already in use`,
    );
  }
  const log = openSync(at('log'), 'a');
  // In a session of its own, as a container is no child of the client.
  const child = spawn(process.execPath, [file], {
    env: variables,
    stdio: ['ignore', log, log],
    detached: true,
  });
  child.unref();
  writeFileSync(record(name), String(child.pid));
  console.log(child.pid);
}
