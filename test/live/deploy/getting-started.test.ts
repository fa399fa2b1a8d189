// docs/getting-started.md, followed to the letter in a folder of its own: only ports are others, and what the registry
// would bring is there already.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { quietEnvironment } from '../../../scripts/machine/quiet.mjs';
import { COMMANDS, RUN_LIVE } from '../../docs/commands';
import { blocksOf } from '../../docs/pages';
import { freePortBlock, freePorts } from '../../support/machine/free-ports';
import { temporaryFolder } from '../../support/machine/temporary-folder';

const MINUTES = 60_000;
const blocks = blocksOf('docs/getting-started.md');
const commands = [...new Set(COMMANDS.map(({ text }) => text))].filter((text) =>
  RUN_LIVE.some((pattern) => pattern.test(text)),
);
const left = new Set(commands);
let folder: string;
let httpsPort: number;
let ports: string;
let firstPort: number;

/** The only block of a language with these words in it. */
function block(language: string, words: string): string {
  const found = blocks.filter((each) => each.language === language && each.text.includes(words));
  expect(found).toHaveLength(1);
  return found[0]!.text;
}

function withPorts(text: string): string {
  return text
    .replace("'Platform')", `'Platform', ${ports})`)
    .replace('instances: 3,', `instances: 3, firstPort: ${firstPort},`)
    .replaceAll('localhost:8443', `localhost:${httpsPort}`);
}

/** What the command prints, on standard output and standard error. */
function follow(pattern: RegExp): string {
  const [text, ...others] = commands.filter((each) => pattern.test(each));
  expect(others).toEqual([]);
  left.delete(text!);
  const ended = spawnSync('sh', ['-c', withPorts(text!)], {
    cwd: folder,
    env: {
      ...quietEnvironment(),
      CI: '1',
      FORCE_COLOR: '0',
      // `cdktf-aiwm` is the library of this tree.
      TSX_TSCONFIG_PATH: resolve('tsconfig.json'),
    },
    encoding: 'utf8',
    timeout: 3 * MINUTES,
  });
  const output = `${ended.stdout}${ended.stderr}`;
  if (ended.status !== 0) {
    throw new Error(`${text} ended with ${ended.status}\n${output}`);
  }
  return output;
}

beforeAll(async () => {
  const [https, http, redis] = (await freePorts(3)) as [number, number, number];
  httpsPort = https;
  ports = `{ httpsPort: ${https}, httpPort: ${http}, redisPort: ${redis} }`;
  firstPort = await freePortBlock(3);
  folder = join(temporaryFolder('start'), 'chat');
  mkdirSync(join(folder, 'services', 'aiwm'), { recursive: true });
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "name": "chat" }\n');
  writeFileSync(join(folder, 'cdktf.json'), block('json', '"app"'));
  writeFileSync(join(folder, 'services', 'aiwm', 'server.mjs'), block('js', 'server.listen'));
  writeFileSync(join(folder, 'main.ts'), withPorts(block('ts', 'app.synth()')));
});

afterAll(() => {
  const agent = join(folder, '.aiwm', 'chat-platform', 'agent.js');
  if (existsSync(agent)) {
    spawnSync(process.execPath, [agent, 'destroy'], { cwd: folder, timeout: MINUTES });
  }
});

test(
  'the stack of the page is deployed, gets its backplane, and is destroyed',
  async () => {
    expect(follow(/deploy/)).toContain('Apply complete!');
    expect(follow(/^curl/)).toMatch(/instance [123]\n/);
    const status = follow(/status$/);
    for (const unit of ['aiwm-1', 'aiwm-2', 'aiwm-3', 'frontend']) {
      expect(status).toMatch(new RegExp(`^${unit} .*healthy`, 'm'));
    }

    const whole = withPorts(block('ts', 'app.synth()'));
    const more = withPorts(block('ts', 'new RedisAdapterBackplane'));
    const [imports, body] = more.split('\n\n') as [string, string];
    const [above, rest] = whole.split(/^ {4}const platform = /m) as [string, string];
    const below = rest.slice(rest.indexOf('    new NginxWsFrontend('));
    writeFileSync(join(folder, 'main.ts'), `${imports}\n${above}${body}\n${below}`);
    expect(follow(/deploy/)).toContain('Apply complete!');
    const conf = join(folder, '.aiwm/chat-platform/nginx/frontend/current/nginx.conf');
    expect(readFileSync(conf, 'utf8')).toContain('map $arg_transport/$arg_sid $aiwm_pool');
    expect(await said(withPorts(block('js', 'socket.io-client')))).toMatch(
      /^instance [123]: hello/,
    );

    follow(/resume$/);
    expect(follow(/destroy/)).toContain('Destroy complete!');
    expect([...left]).toEqual([]);
  },
  10 * MINUTES,
);

/** The first thing that the client of the page prints. */
async function said(client: string): Promise<string> {
  writeFileSync(join(folder, 'client.mjs'), client);
  const child = spawn(process.execPath, ['client.mjs'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [text] = (await once(child.stdout, 'data')) as [Buffer];
    return text.toString();
  } finally {
    child.kill();
  }
}
