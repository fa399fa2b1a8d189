// The examples, as a user brings them up: by the cdktf CLI, in a folder that is not the repository's, so that nobody's
// deployment is touched.
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { CdktfStack } from '../../../scripts/demo/cdktf';
import { quietEnvironment } from '../../../scripts/machine/quiet.mjs';
import { cleanUp } from '../../support/machine/clean-up';
import { Crowd } from '../../support/front/crowd';
import { freePort, freePortBlock, freePorts } from '../../support/machine/free-ports';
import { request } from '../../support/front/http';
import { isAlive } from '../../support/agent/left-over';
import { temporaryFolder } from '../../support/machine/temporary-folder';

class Example {
  static async create(name: string): Promise<Example> {
    const [https, http, redis] = (await freePorts(3)) as [number, number, number];
    return new Example(name, https, {
      AIWM_HTTPS_PORT: String(https),
      AIWM_HTTP_PORT: String(http),
      AIWM_REDIS_PORT: String(redis),
      AIWM_FIRST_PORT: String(await freePortBlock(3)),
      TSX_TSCONFIG_PATH: resolve('tsconfig.json'),
    });
  }

  readonly stateDir: string;
  private readonly folder = temporaryFolder('example');
  private readonly logFile = join(this.folder, 'cdktf.log');

  private constructor(
    private readonly name: string,
    private readonly httpsPort: number,
    private readonly environment: Readonly<Record<string, string>>,
  ) {
    this.stateDir = join(this.folder, '.aiwm', `${name}-platform`);
    symlinkSync(resolve('examples'), join(this.folder, 'examples'));
    symlinkSync(resolve('node_modules'), join(this.folder, 'node_modules'));
    writeFileSync(join(this.folder, 'cdktf.json'), readFileSync('cdktf.json', 'utf8'));
    writeFileSync(this.logFile, '');
  }

  get url(): string {
    return `https://localhost:${this.httpsPort}`;
  }

  get ca(): string {
    const file = 'nginx/frontend/current/tls/certificate.pem';
    return readFileSync(join(this.stateDir, file), 'utf8');
  }

  /** Answers what the CLI printed. */
  async run(
    verb: 'deploy' | 'destroy',
    environment: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const before = readFileSync(this.logFile, 'utf8').length;
    const output = (): string => readFileSync(this.logFile, 'utf8').slice(before);
    const stack = new CdktfStack(
      this.folder,
      this.name,
      { ...this.environment, ...environment },
      this.logFile,
    );
    await stack[verb](() => {}).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${output()}`);
    });
    return output();
  }

  get isDeployed(): boolean {
    return existsSync(this.stateDir);
  }

  pids(): Record<string, number> {
    const status = execFileSync(process.execPath, [join(this.stateDir, 'agent.js'), 'status'], {
      encoding: 'utf8',
    });
    const rows = [...status.matchAll(/^([\w-]+) +\w+ +healthy +(\d+)/gm)];
    return Object.fromEntries(rows.map(([, unit, pid]) => [unit, Number(pid)]));
  }

  /** The addresses in the state, and those in what was synthesized. */
  addresses(): { state: string[]; synthesized: string[] } {
    const folder = join(this.folder, 'cdktf.out', 'stacks', this.name);
    const list = execFileSync('terraform', ['state', 'list'], {
      cwd: folder,
      env: quietEnvironment(),
      encoding: 'utf8',
    });
    const { resource } = JSON.parse(readFileSync(join(folder, 'cdk.tf.json'), 'utf8')) as {
      resource: Record<string, Record<string, unknown>>;
    };
    return {
      state: list.trim().split('\n').sort(),
      synthesized: Object.entries(resource)
        .flatMap(([type, resources]) => Object.keys(resources).map((id) => `${type}.${id}`))
        .sort(),
    };
  }
}

let example: Example;
afterEach(async () => {
  await cleanUp();
  if (example.isDeployed) {
    await example.run('destroy');
  }
});

test('cdktf deploy of local-redis, again, with a change, destroy', async () => {
  example = await Example.create('local-redis');
  expect(await example.run('deploy')).toContain('Apply complete! Resources: 7 added');
  const pids = example.pids();
  expect(Object.keys(pids)).toEqual(['aiwm-1', 'aiwm-2', 'aiwm-3', 'backplane', 'frontend']);
  const { state, synthesized } = example.addresses();
  expect(state).toHaveLength(7);
  expect(state).toEqual(synthesized);
  const crowd = await Crowd.connect(example.url, { ca: example.ca });
  await crowd.clients.all[0]!.broadcast('to all instances');
  await crowd.clients.waitUntilReceived('to all instances');

  // A second deploy without a change plans nothing.
  expect(await example.run('deploy')).toContain('No changes. Your infrastructure matches');
  expect(example.pids()).toEqual(pids);

  const port = await freePort();
  const change = { AIWM_HTTP_PORT: String(port) };
  expect(await example.run('deploy', change)).toContain('1 added, 0 changed, 1 destroyed');
  expect(example.pids()).toEqual(pids);
  expect((await request(`http://localhost:${port}/dev/aiwm/instance`)).headers.location).toBe(
    `${example.url}/dev/aiwm/instance`,
  );
  expect({ connected: crowd.connected, dropped: crowd.dropped }).toEqual({
    connected: crowd.size,
    dropped: 0,
  });

  crowd.close();
  expect(await example.run('destroy')).toContain('Destroy complete! Resources: 7 destroyed');
  expect(Object.values(pids).filter(isAlive)).toEqual([]);
  expect(example.isDeployed).toBe(false);
});

test('cdktf deploy and destroy of local: the addresses are those that were synthesized', async () => {
  example = await Example.create('local');
  expect(await example.run('deploy')).toContain('Apply complete! Resources: 6 added');
  const { state, synthesized } = example.addresses();
  expect(state).toHaveLength(6);
  expect(state).toEqual(synthesized);
  const pids = example.pids();
  expect(Object.keys(pids)).toEqual(['aiwm-1', 'aiwm-2', 'aiwm-3', 'frontend']);
  await example.run('destroy');
  expect(Object.values(pids).filter(isAlive)).toEqual([]);
  expect(example.isDeployed).toBe(false);
});
