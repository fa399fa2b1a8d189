// How long a stack takes, by the number of its instances: `npm run bench:synth`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, TerraformStack } from 'cdktf';
import { AiwmCluster, AiwmService, NginxWsFrontend } from 'cdktf-aiwm';
import { LocalPlatform } from 'cdktf-aiwm/local';
import { Construct } from 'constructs';

const SIZES = [60, 300, 1000, 3000];
/** What is promised: milliseconds for this many instances in one stack, and to load the library. */
const PROMISE = { instances: 300, synthesis: 1500, load: 600 };
const PER_CLUSTER = 60;

interface Measured {
  readonly instances: number;
  readonly construct: number;
  readonly synthesize: number;
  readonly kilobytes: number;
}

/** One stack with so many instances, each sixty of them behind a front of their own. */
function measure(instances: number): Measured {
  const outdir = mkdtempSync(join(tmpdir(), 'cdktf-aiwm-bench-'));
  try {
    const started = performance.now();
    const app = new App({ outdir, stackTraces: false });
    const stack = new TerraformStack(app, 'bench');
    for (let from = 0; from < instances; from += PER_CLUSTER) {
      const scope = new Construct(stack, `Cell${from / PER_CLUSTER}`);
      const cluster = new AiwmCluster(scope, 'Aiwm', {
        platform: new LocalPlatform(scope, 'Platform'),
        service: AiwmService.command(['node', 'server.js']),
        instances: Math.min(PER_CLUSTER, instances - from),
      });
      new NginxWsFrontend(scope, 'Frontend', { cluster, serverName: 'chat.example.org' });
    }
    const constructed = performance.now();
    app.synth();
    const ended = performance.now();
    return {
      instances,
      construct: constructed - started,
      synthesize: ended - constructed,
      kilobytes: statSync(join(outdir, 'stacks', 'bench', 'cdk.tf.json')).size / 1024,
    };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Milliseconds to load a module in a process of its own, the middle one of five. */
function load(file: string, ...options: string[]): number {
  const script = `const t = performance.now(); require(${JSON.stringify(file)}); console.log(performance.now() - t)`;
  const times = Array.from({ length: 5 }, () =>
    Number(spawnSync(process.execPath, [...options, '-e', script], { encoding: 'utf8' }).stdout),
  ).sort((a, b) => a - b);
  return times[2] ?? NaN;
}

function row(...cells: readonly (string | number)[]): void {
  console.log(
    cells.map((cell) => (typeof cell === 'number' ? cell.toFixed(0) : cell).padStart(12)).join(''),
  );
}

const kept: string[] = [];
const broken: string[] = [];
function promise(what: string, milliseconds: number, limit: number): void {
  const said = `${what}: ${milliseconds.toFixed(0)} ms, promised are ${limit} ms`;
  (milliseconds <= limit ? kept : broken).push(said);
}

const root = join(__dirname, '..');
const built = join(root, 'build', 'index.js');
if (existsSync(built)) {
  promise('loading the built library', load(built), PROMISE.load);
}
promise(
  'loading the sources (tsx)',
  load(join(root, 'lib', 'index.ts'), '--import', 'tsx'),
  PROMISE.load,
);

// The first stack pays for everything that is compiled and read on the way.
measure(PER_CLUSTER);
row('instances', 'construct', 'synthesize', 'together', 'each', 'JSON');
for (const size of SIZES) {
  const { instances, construct, synthesize, kilobytes } = measure(size);
  const together = construct + synthesize;
  row(
    String(instances),
    `${construct.toFixed(0)} ms`,
    `${synthesize.toFixed(0)} ms`,
    `${together.toFixed(0)} ms`,
    `${(together / instances).toFixed(2)} ms`,
    `${kilobytes.toFixed(0)} kB`,
  );
  if (instances === PROMISE.instances) {
    promise(`${instances} instances in one stack`, together, PROMISE.synthesis);
  }
}
console.log();
for (const each of kept) {
  console.log(`ok    ${each}`);
}
for (const each of broken) {
  console.log(`over  ${each}`);
}
process.exitCode = broken.length > 0 ? 1 : 0;
