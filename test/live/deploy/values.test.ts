// What a stack hands to its instances: secrets that stand nowhere, and values that Terraform alone knows.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fn, TerraformVariable } from 'cdktf';
import { Secret } from 'cdktf-aiwm';
import { Deployment } from '../../support/agent/deployment';
import { requestJson } from '../../support/front/http';
import { smallStack } from '../../support/agent/small-stack';

const ENVIRONMENT_SECRET = 'in-the-environment-7c1f04';
const FILE_SECRET = 'in-a-file-93ab5e';
const KEY = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQ'.repeat(10)}\n-----END PRIVATE KEY-----`;
const GREETING = `it's "quoted", costs $5 & 10 % \\ \${x} %{y} <ünï>`;

let deployment: Deployment;
afterEach(() => deployment.dispose());

function environmentOf(instance: number): Promise<Record<string, string>> {
  return requestJson(`${deployment.instanceUrl(instance)}/dev/aiwm/environment`);
}

/** Every file of the deployment but those of the state folder. */
function filesOf(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (path === deployment.stateDir) {
      return [];
    }
    return statSync(path).isDirectory() ? filesOf(path) : [path];
  });
}

test('a secret reaches the instances, and stands in no plan, no state, no cdk.tf.json, no log and no status', async () => {
  deployment = await Deployment.create({
    environment: {
      DEPLOY_TOKEN: ENVIRONMENT_SECRET,
      TF_LOG: 'TRACE',
      TF_LOG_PATH: 'terraform.log',
    },
  });
  const file = join(deployment.folder, 'jwt.secret');
  writeFileSync(file, `${FILE_SECRET}\n`);
  const describe = (version: string) =>
    smallStack(deployment, {
      backplane: true,
      instances: 2,
      version,
      cluster: {
        secrets: {
          TOKEN: Secret.fromEnvironment('DEPLOY_TOKEN'),
          JWT_KEY: Secret.fromFile(file),
        },
      },
    });
  await deployment.plan(describe('1'));
  await deployment.apply(describe('1'));
  await deployment.apply(describe('2'));
  const status = deployment.status();

  const password = readFileSync(deployment.statePath('redis/backplane/password'), 'utf8').trim();
  expect(password.length).toBeGreaterThanOrEqual(32);
  for (const instance of [1, 2]) {
    expect(await environmentOf(instance)).toMatchObject({
      TOKEN: ENVIRONMENT_SECRET,
      JWT_KEY: FILE_SECRET,
      REDIS_URL: `redis://:${password}@127.0.0.1:${deployment.ports.redis}`,
      VERSION: '2',
    });
  }

  const outputs = JSON.stringify(await deployment.outputs());
  const files = filesOf(deployment.folder).filter((path) => path !== file);
  expect(files.map((path) => path.slice(deployment.folder.length + 1))).toEqual(
    expect.arrayContaining([
      'cdktf.out/stacks/chat/cdk.tf.json',
      'cdktf.out/stacks/chat/plan',
      'cdktf.out/stacks/chat/terraform.log',
      'terraform.chat.tfstate',
      'terraform.chat.tfstate.backup',
    ]),
  );
  const places: Record<string, string> = { status, outputs, printed: deployment.log };
  for (const path of files) {
    places[path] = readFileSync(path, 'latin1');
  }
  for (const secret of [ENVIRONMENT_SECRET, FILE_SECRET, password]) {
    expect(Object.keys(places).filter((place) => places[place]!.includes(secret))).toEqual([]);
  }
});

test('values that Terraform alone knows reach the instances as they are, and a change of one is a change', async () => {
  deployment = await Deployment.create({ environment: { TF_VAR_greeting: GREETING } });
  const describe = (number: number) => (stack: Parameters<ReturnType<typeof smallStack>>[0]) => {
    const greeting = new TerraformVariable(stack, 'greeting', { type: 'string' });
    const answer = new TerraformVariable(stack, 'answer', { type: 'number', default: number });
    smallStack(deployment, {
      instances: 1,
      environment: {
        GREETING: greeting.stringValue,
        LOUD: Fn.upper(greeting.stringValue),
        LABEL: `answer-${answer.stringValue}`,
      },
    })(stack);
  };
  await deployment.apply(describe(42));
  expect(await environmentOf(1)).toMatchObject({
    GREETING,
    LOUD: GREETING.toUpperCase(),
    LABEL: 'answer-42',
  });
  expect(await deployment.plan(describe(42))).toEqual({});
  expect(await deployment.plan(describe(43))).toEqual({ Aiwm_Instance1: 'replace' });
  await deployment.apply(describe(43));
  expect(await environmentOf(1)).toMatchObject({ GREETING, LABEL: 'answer-43' });
});

test('text that Terraform would read as a template, and a key, reach the instances as they are', async () => {
  deployment = await Deployment.create();
  const file = join(deployment.folder, 'key.pem');
  writeFileSync(file, `${KEY}\n`);
  const stack = smallStack(deployment, {
    instances: 1,
    environment: { RAW: Fn.rawString('${TOKEN:-none} of ${a}') },
    cluster: { secrets: { KEY: Secret.fromFile(file) } },
  });
  await deployment.apply(stack);
  expect(await environmentOf(1)).toMatchObject({ RAW: '${TOKEN:-none} of ${a}', KEY });
  expect(await deployment.plan(stack)).toEqual({});
});

test('what a deployment inherits of the environment of Terraform is no secret of Terraform', async () => {
  deployment = await Deployment.create({
    environment: { AWS_SECRET_ACCESS_KEY: 'for-terraform-alone', TF_VAR_password: 'as-well' },
  });
  await deployment.apply(smallStack(deployment, { instances: 1 }));
  const environment = await environmentOf(1);
  expect(environment).toMatchObject({
    HOST: '127.0.0.1',
    PORT: String(deployment.ports.firstInstance),
    INSTANCE_ID: '1',
    AIWM_ENGINE_PATH: '/dev/aiwm/chat/',
    AIWM_HEALTH_PATH: '/health',
    PATH: process.env['PATH'],
  });
  expect(Object.keys(environment).filter((name) => /^(AWS|TF|CHECKPOINT)_/.test(name))).toEqual([]);
});
