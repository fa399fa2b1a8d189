// Each Docker example before Terraform and the real plugin: what it accepts, and what it would make where there is
// nothing yet, as a text to review. To write these texts anew:
//
//   npx jest test/engine/docker/plan.test.ts --ci=false --updateSnapshot
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { App, LocalBackend, type TerraformStack } from 'cdktf';
import { DockerStack } from '../../../examples/docker';
import { DockerRedisStack } from '../../../examples/docker-redis';
import { DockerSwarmStack } from '../../../examples/docker-swarm';
import { quietEnvironment } from '../../../scripts/machine/quiet.mjs';
import { describeWithEngine } from '../../support/docker/engine';
import { pluginProblem } from '../../support/docker/plugins';
import { readablePlan, wordsForContent, type PlanJson } from '../../support/docker/readable-plan';
import { goldenFolder } from '../../support/stack/golden';
import { temporaryFolder } from '../../support/machine/temporary-folder';

const EXAMPLES: Record<string, new (app: App, id: string) => TerraformStack> = {
  docker: DockerStack,
  'docker-redis': DockerRedisStack,
  'docker-swarm': DockerSwarmStack,
};
const names = Object.keys(EXAMPLES);

const root = resolve(__dirname, '../../..');
const planFolder = join(__dirname, 'golden');
const problem = pluginProblem('@cdktf/provider-docker');

/** An example, synthesized and initialized in a folder of its own. */
class Example {
  private static readonly prepared = new Map<string, Promise<Example>>();

  static get(name: string): Promise<Example> {
    const prepared = Example.prepared.get(name) ?? Example.prepare(name);
    Example.prepared.set(name, prepared);
    return prepared;
  }

  private static async prepare(name: string): Promise<Example> {
    const folder = temporaryFolder('plan');
    const app = new App({ outdir: join(folder, 'cdktf.out') });
    const stack = new EXAMPLES[name]!(app, name);
    // Not the state of somebody who has deployed the example from here.
    new LocalBackend(stack, { path: join(folder, 'terraform.tfstate') });
    app.synth();
    const example = new Example(name, folder);
    await example.terraform('init');
    return example;
  }

  readonly stackFolder: string;

  private constructor(
    name: string,
    private readonly folder: string,
  ) {
    this.stackFolder = join(folder, 'cdktf.out', 'stacks', name);
  }

  async validate(): Promise<unknown> {
    return JSON.parse(await this.terraform('validate', '-json'));
  }

  async plan(environment: Readonly<Record<string, string>>): Promise<PlanJson> {
    await this.terraform('plan', ['-out=plan', '-lock=false'], environment);
    return JSON.parse(await this.terraform('show', ['-json', 'plan'])) as PlanJson;
  }

  private async terraform(
    verb: string,
    args: string | readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    // An empty file: whatever this machine has configured for Terraform must not matter.
    const configuration = join(this.folder, 'terraform.rc');
    writeFileSync(configuration, '');
    const { stdout } = await promisify(execFile)('terraform', [verb, ...[args].flat()], {
      cwd: this.stackFolder,
      env: {
        ...quietEnvironment({ ...process.env, TF_CLI_CONFIG_FILE: configuration }),
        TF_INPUT: '0',
        TF_CLI_ARGS: '-no-color',
        ...environment,
      },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }
}

if (problem) {
  test.skip(`needs Docker's plugin: ${problem}`, () => {});
} else {
  // The plugin asks the Engine for its version before it plans anything.
  describeWithEngine('the plan of an example where there is nothing yet', (engine) => {
    test.each(names)('%s', async (name) => {
      const example = await Example.get(name);
      const plan = await example.plan(engine.environment);
      const configuration = readFileSync(join(goldenFolder, `${name}.nginx.conf`), 'utf8');
      const text = readablePlan(plan, [
        [configuration, `<test/golden/${name}.nginx.conf>`],
        [
          Buffer.from(configuration).toString('base64'),
          `<test/golden/${name}.nginx.conf, in base64>`,
        ],
        [relative(example.stackFolder, root), '<project>'],
        ...wordsForContent(plan),
      ]);
      expect(text).toContain(`<test/golden/${name}.nginx.conf>`);
      expectPlan(name, text);
    });
  });

  test.each(names)('terraform validate accepts %s, without a warning', async (name) => {
    const example = await Example.get(name);
    expect(await example.validate()).toMatchObject({
      valid: true,
      error_count: 0,
      warning_count: 0,
      diagnostics: [],
    });
  });
}

test('there is a plan for each example and no other', () => {
  expect(readdirSync(planFolder).sort()).toEqual(names.map((name) => `${name}.plan.txt`).sort());
});

test('no plan names a path of the machine that wrote it', () => {
  const paths = ['../', root, homedir(), join(tmpdir(), 'aiwm-')];
  for (const name of names) {
    const text = readFileSync(join(planFolder, `${name}.plan.txt`), 'utf8');
    expect(paths.filter((path) => text.includes(path))).toEqual([]);
  }
});

/** Fails with a diff of lines when the plan is not the committed one. */
function expectPlan(name: string, text: string): void {
  const file = join(planFolder, `${name}.plan.txt`);
  const { snapshotState } = expect.getState() as {
    snapshotState?: { _updateSnapshot?: string };
  };
  if (snapshotState?._updateSnapshot === 'all') {
    mkdirSync(planFolder, { recursive: true });
    writeFileSync(file, text);
  }
  if (!existsSync(file)) {
    throw new Error(`${relative(root, file)} is missing: see the first lines of this test`);
  }
  expect(text.split('\n')).toEqual(readFileSync(file, 'utf8').split('\n'));
}
