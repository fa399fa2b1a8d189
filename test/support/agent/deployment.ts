// A stack that a test describes, brought to this machine by a real Terraform: synthesized into a folder of its own, on
// ports of its own. Should the test process die, the folder is removed, and the supervisor in it stops what it runs.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { App, LocalBackend, TerraformStack } from 'cdktf';
import { LocalPlatform, type LocalPlatformProps } from 'cdktf-aiwm/local';
import { quietEnvironment } from '../../../scripts/machine/quiet.mjs';
import { constructOf } from '../stack/addresses';
import { freePortBlock, freePorts } from '../machine/free-ports';
import { processesOf } from './left-over';
import { say } from '../machine/say';
import { temporaryFolder } from '../machine/temporary-folder';

const cdktf = resolve('node_modules/cdktf-cli/bundle/bin/cdktf');

/** Puts constructs into a stack; called anew for every synthesis. */
export type Describe = (stack: TerraformStack) => void;

export interface Ended {
  readonly code: number | null;
  /** What Terraform printed, standard output and standard error together. */
  readonly output: string;
}

/** A Terraform that was not waited for. */
export interface Begun {
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly done: Promise<Ended>;
}

/** What a plan means to do: 'create', 'update', 'delete' or 'replace', by address without type and hash. */
export type Changes = Readonly<Record<string, string>>;

export interface DeploymentOptions {
  /** The id of the stack. */
  readonly name?: string;
  /** For how many instances there are ports. Default 4. */
  readonly instances?: number;
  /** Added to the environment of Terraform. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What brings it up and takes it down. Default Terraform itself, which is a few seconds faster. */
  readonly tool?: 'cdktf' | 'terraform';
}

export class Deployment {
  static async create(options: DeploymentOptions = {}): Promise<Deployment> {
    bundleAgent();
    const [https, http, redis] = (await freePorts(3)) as [number, number, number];
    const firstInstance = await freePortBlock(options.instances ?? 4);
    return new Deployment(options, { https, http, redis, firstInstance });
  }

  readonly folder = temporaryFolder('deploy');
  readonly stateDir = join(this.folder, 'state');
  readonly stateFile: string;
  /** Where Terraform runs, and what it reads. */
  readonly stackFolder: string;
  /** All that Terraform has printed so far. */
  log = '';

  private readonly name: string;
  private readonly environment: Readonly<Record<string, string>>;
  private readonly tool: 'cdktf' | 'terraform';

  private constructor(
    { name = 'chat', environment = {}, tool = 'terraform' }: DeploymentOptions,
    readonly ports: Readonly<Record<'https' | 'http' | 'redis' | 'firstInstance', number>>,
  ) {
    this.name = name;
    this.stateFile = join(this.folder, `terraform.${name}.tfstate`);
    this.environment = environment;
    this.tool = tool;
    if (tool === 'cdktf') {
      // What it runs is synthesized by the test.
      writeFileSync(join(this.folder, 'cdktf.json'), '{ "language": "typescript", "app": "true" }');
    }
    this.stackFolder = join(this.folder, 'cdktf.out', 'stacks', name);
  }

  /** The platform, on the ports and in the folder of this deployment. */
  platform(stack: TerraformStack, props: LocalPlatformProps = {}): LocalPlatform {
    const { stateDir, ports } = this;
    return new LocalPlatform(stack, 'Platform', {
      stateDir,
      httpsPort: ports.https,
      httpPort: ports.http,
      redisPort: ports.redis,
      ...props,
    });
  }

  get url(): string {
    return `https://localhost:${this.ports.https}`;
  }

  /** The certificate that nginx serves, when the platform has made it. */
  get ca(): string {
    return readFileSync(this.statePath('nginx/frontend/current/tls/certificate.pem'), 'utf8');
  }

  /** Where an instance listens, without nginx. Counted from 1. */
  instanceUrl(instance: number): string {
    return `http://127.0.0.1:${this.ports.firstInstance + instance - 1}`;
  }

  statePath(path: string): string {
    return join(this.stateDir, path);
  }

  async synthesize(describe: Describe): Promise<void> {
    const app = new App({ outdir: join(this.folder, 'cdktf.out') });
    const stack = new TerraformStack(app, this.name);
    new LocalBackend(stack, { path: this.stateFile });
    describe(stack);
    app.synth();
    if (!existsSync(join(this.stackFolder, '.terraform'))) {
      await this.succeed('init');
    }
  }

  /** What an apply would change. */
  async plan(describe: Describe): Promise<Changes> {
    await this.synthesize(describe);
    const { code, output } = await this.terraform('plan', '-out=plan', '-detailed-exitcode');
    if (code !== 0 && code !== 2) {
      throw new Error(`terraform plan ended with ${code}:\n${output}`);
    }
    const { resource_changes: all = [] } = JSON.parse(
      await this.succeed('show', '-json', 'plan'),
    ) as { resource_changes?: { address: string; change: { actions: string[] } }[] };
    const changes = all
      .filter(({ change }) => change.actions[0] !== 'no-op')
      .map(({ address, change }) => [
        constructOf(address),
        change.actions.length > 1 ? 'replace' : change.actions[0],
      ]);
    if ((code === 0) !== (changes.length === 0)) {
      throw new Error(`terraform plan ended with ${code}, but has ${changes.length} changes`);
    }
    return Object.fromEntries(changes) as Changes;
  }

  /** Brings the machine to what is described, and fails when that fails. */
  async apply(describe: Describe): Promise<string> {
    await this.synthesize(describe);
    return this.succeed('apply', '-auto-approve');
  }

  /** Brings the machine to what was planned last, without another look at it. */
  async applyPlan(): Promise<string> {
    return this.succeed('apply', 'plan');
  }

  /** A plan that has to be refused; answers the reason as one line. */
  async planInVain(describe: Describe): Promise<string> {
    await this.synthesize(describe);
    const { code, output } = await this.terraform('plan', '-refresh=false');
    if (code === 0) {
      throw new Error(`the plan was not refused:\n${output}`);
    }
    return errorsOf(output);
  }

  /** An apply that has to fail; answers the reason as one line. */
  async applyInVain(describe: Describe): Promise<string> {
    await this.synthesize(describe);
    const { code, output } = await this.terraform('apply', '-auto-approve');
    if (code === 0) {
      throw new Error(`the apply did not fail:\n${output}`);
    }
    const errors = errorsOf(output);
    if (errors !== '') {
      return errors;
    }
    // cdktf may end before it has printed what Terraform said. Terraform itself says it again.
    say(`the reason was not printed, but: ${output}`);
    return errorsOf((await this.terraform('apply', '-auto-approve=true')).output);
  }

  /** Begins an apply that the test will cut off. */
  async startApply(describe: Describe): Promise<Begun> {
    await this.synthesize(describe);
    const { child, done } = this.start('apply', '-auto-approve');
    return { signal: (signal) => child.kill(signal), done };
  }

  /** Begins a destroy that the test will cut off. */
  startDestroy(): Begun {
    const { child, done } = this.start('destroy', '-auto-approve');
    return { signal: (signal) => child.kill(signal), done };
  }

  async destroy(): Promise<string> {
    return this.succeed('destroy', '-auto-approve');
  }

  /** The addresses in the state. */
  async addresses(): Promise<string[]> {
    const list = await this.succeed('state', 'list');
    return list
      .split('\n')
      .filter((line) => line !== '')
      .sort();
  }

  async outputs(): Promise<Record<string, unknown>> {
    const outputs = JSON.parse(await this.succeed('output', '-json')) as Record<
      string,
      { value: unknown }
    >;
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  }

  /** Runs Terraform in the folder of the stack. */
  terraform(verb: string, ...args: string[]): Promise<Ended> {
    return this.start(verb, ...args).done;
  }

  /** What the agent says a person wants to know. */
  status(): string {
    return execFileSync(process.execPath, [this.statePath('agent.js'), 'status'], {
      encoding: 'utf8',
    });
  }

  /** The process of a unit, as the agent has written it down. */
  pid(unit: string): number {
    const record = JSON.parse(readFileSync(this.statePath(`units/${unit}.json`), 'utf8')) as {
      process?: { pid: number };
    };
    if (!record.process) {
      throw new Error(`${unit} has no process`);
    }
    return record.process.pid;
  }

  /** The processes of all units, by name. */
  pids(): Record<string, number> {
    const units = existsSync(this.statePath('units')) ? readdirSync(this.statePath('units')) : [];
    return Object.fromEntries(
      units
        .filter((file) => file.endsWith('.json') && !file.startsWith('.'))
        .map((file) => file.replace(/\.json$/, ''))
        .sort()
        .map((unit) => [unit, this.pid(unit)]),
    );
  }

  supervisor(): number {
    const text = readFileSync(this.statePath('supervisor.json'), 'utf8');
    return (JSON.parse(text) as { pid: number }).pid;
  }

  /** What is left of this deployment on the machine: after a destroy, nothing. */
  remains(): string[] {
    return [
      ...(existsSync(this.stateDir) ? readdirSync(this.stateDir) : []),
      ...processesOf(this.stateDir).map(({ pid, command }) => `${pid} ${command}`),
    ];
  }

  /** Ends everything, whatever a test has left behind, and says if a destroy leaves something. */
  async dispose(): Promise<void> {
    const { output } = existsSync(this.stateFile)
      ? await this.terraform('destroy', '-auto-approve')
      : { output: 'nothing was deployed' };
    const remains = this.remains();
    for (const { pid } of processesOf(this.stateDir)) {
      process.kill(pid, 'SIGKILL');
    }
    if (remains.length > 0) {
      throw new Error(`destroy left ${JSON.stringify(remains)}:\n${output}`);
    }
  }

  private async succeed(verb: string, ...args: string[]): Promise<string> {
    const { code, output } = await this.terraform(verb, ...args);
    if (code !== 0) {
      throw new Error(`terraform ${verb} ended with ${code}:\n${output}`);
    }
    return output;
  }

  /** cdktf brings up and takes down what a user has; it cannot apply what was planned before, or look into a state. */
  private commandFor(
    verb: string,
    args: readonly string[],
  ): [command: string, words: string[], cwd: string] {
    const called = VERBS[verb];
    return this.tool === 'cdktf' && called !== undefined && args.includes('-auto-approve')
      ? [
          process.execPath,
          [cdktf, called, this.name, '--auto-approve', '--skip-synth'],
          this.folder,
        ]
      : ['terraform', [verb, ...args], this.stackFolder];
  }

  /** Without what cdktf writes in front of each line of Terraform. */
  private plain(output: string): string {
    return this.tool === 'cdktf'
      ? output.replace(new RegExp(`^ *${this.name} {2}`, 'gm'), '')
      : output;
  }

  private start(verb: string, ...args: string[]) {
    // An empty file: whatever this machine has configured for Terraform must not matter.
    const configuration = join(this.folder, 'terraform.rc');
    writeFileSync(configuration, '');
    const [command, words, cwd] = this.commandFor(verb, args);
    const child = spawn(command, words, {
      cwd,
      env: {
        ...quietEnvironment({ ...process.env, TF_CLI_CONFIG_FILE: configuration }),
        TF_INPUT: '0',
        TF_CLI_ARGS: '-no-color',
        FORCE_COLOR: '0',
        CI: '1',
        // cdktf would share plugins with whatever else this machine does.
        CDKTF_DISABLE_PLUGIN_CACHE_ENV: '1',
        ...this.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
        this.log += chunk;
      });
    }
    const done = new Promise<Ended>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, output: this.plain(output) }));
    });
    return { child, done };
  }
}

/** What cdktf calls the verbs of Terraform. */
const VERBS: Readonly<Record<string, string>> = { apply: 'deploy', destroy: 'destroy' };

/** Terraform's errors as one line, since it breaks lines wherever its width ends. */
function errorsOf(output: string): string {
  const from = output.search(/^ *(?:Error: |╷)/m);
  return from < 0 ? '' : output.slice(from).replace(/\s+/g, ' ').trim();
}

let bundled = false;

/** A stack takes the agent from build/; a test must never see an older one than the sources. */
function bundleAgent(): void {
  const sources = resolve('lib/platform/local/agent');
  const bundle = resolve('build/local-agent/agent.js');
  const newest = Math.max(
    ...readdirSync(sources, { recursive: true, encoding: 'utf8' }).map(
      (file) => statSync(join(sources, file)).mtimeMs,
    ),
  );
  if (!bundled && (!existsSync(bundle) || statSync(bundle).mtimeMs < newest)) {
    execFileSync(process.execPath, [resolve('scripts/build-agent.mjs')], { stdio: 'pipe' });
  }
  bundled = true;
}
