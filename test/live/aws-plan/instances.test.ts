// Instances on ECS with Terraform's own plugin and a made-up AWS: what is known only when Terraform has asked AWS.
import { Secret } from 'cdktf-aiwm';
import { TerraformVariable } from 'cdktf';
import { synthesizeAws } from '../../support/aws/aws-site';
import { describeWithAws } from '../../support/aws/describe-aws';
import { valuesOf } from '../../support/aws/examples';
import { mockRun, type AppliedResource, type MockRun } from '../../support/aws/mock-run';
import { StackFolder } from '../../support/aws/stack-folder';
import type { StackJson } from '../../support/aws/stack-json';
import { withoutHash } from '../../support/stack/addresses';

const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:jwt-AbCdEf';

interface Container {
  readonly environment: readonly { readonly name: string; readonly value: string }[];
}

function environmentsOf(resources: readonly AppliedResource[]): Record<string, string>[] {
  return valuesOf(resources, 'aws_ecs_task_definition').map(({ container_definitions: text }) => {
    const [container] = JSON.parse(text as string) as [Container];
    return Object.fromEntries(container.environment.map(({ name, value }) => [name, value]));
  });
}

describeWithAws('instances on ECS', (plugin) => {
  let folder: StackFolder;
  let run: MockRun;
  const values = { greeting: 'say "${hello}"\\' };

  beforeAll(async () => {
    const stack = synthesizeAws((site) => {
      site.platform({ executeCommand: true, rollout: { batchSize: 2 } });
      site.cluster({
        instances: 4,
        environment: {
          GREETING: new TerraformVariable(site.scope, 'greeting', { type: 'string' }).stringValue,
        },
        secrets: {
          JWT_KEY: Secret.fromSecretsManager(SECRET),
          DATABASE: Secret.fromSecretsManager(SECRET, { jsonKey: 'url' }),
          API_KEY: Secret.fromSsmParameter(
            'arn:aws:ssm:eu-central-1:123456789012:parameter/chat/key',
          ),
        },
      });
    });
    folder = new StackFolder(stack.json as StackJson, plugin);
    await folder.init();
    run = await mockRun(folder, [], values, {
      plans: [{}, { variables: { greeting: 'hello' } }],
    });
  });

  test('terraform validate takes them', async () => {
    const said: unknown = JSON.parse(await folder.succeed('validate', '-json'));
    expect(said).toMatchObject({ valid: true, diagnostics: [] });
    expect(run.errors).toEqual([]);
  });

  test('the version of a secret is that of its current value, and no value is read', () => {
    const environments = environmentsOf(run.resources);
    expect(environments).toHaveLength(4);
    for (const { AIWM_SECRET_VERSIONS: versions } of environments) {
      expect(versions).toBe('DATABASE=the-current-one JWT_KEY=the-current-one');
    }
    expect(
      run.resources
        .filter(({ mode }) => mode === 'data')
        .map(({ type }) => type)
        .sort(),
    ).toEqual(['aws_caller_identity', 'aws_secretsmanager_secret_versions']);
  });

  test('a value that is known only now is what it was, quotes and all', () => {
    expect(environmentsOf(run.resources).map(({ GREETING }) => GREETING)).toEqual(
      Array(4).fill(values.greeting),
    );
  });

  test('a changed variable touches the task definition of each slot, and nothing else', () => {
    const [second, changed] = run.plans.map((plan) =>
      Object.fromEntries(
        Object.entries(plan).map(([address, actions]) => [withoutHash(address), actions]),
      ),
    );
    expect(second).toEqual({});
    // A made-up AWS does not know that this is a new revision, which the service follows: test/engine/moto does.
    expect(changed).toEqual(
      Object.fromEntries(
        [1, 2, 3, 4].map((n) => [
          `aws_ecs_task_definition.Aiwm_Instance${n}_TaskDefinition`,
          'update',
        ]),
      ),
    );
  });
});
