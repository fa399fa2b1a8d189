// What a DockerPlatform leaves to Terraform to compute, computed by a real one without plugin and Engine; and what a
// real Redis makes of a password.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TerraformStack, TerraformVariable } from 'cdktf';
import { Secret, Upstream } from 'cdktf-aiwm';
import type { SynthesizedStack } from 'cdktf-aiwm/testing';
import { Check } from '../../../lib/validation/check';
import { redisCommand } from '../../../lib/platform/docker/engine/redis-command';
import { Subnet } from '../../../lib/platform/docker/engine/subnet';
import { findProgram } from '../../../scripts/machine/programs.mjs';
import { cleanUp } from '../../support/machine/clean-up';
import { built, containersOf, type ContainerJson } from '../../support/docker/docker-site';
import { synthesizeSwarm } from '../../support/docker/swarm-site';
import { freePort } from '../../support/machine/free-ports';
import { startChild } from '../../support/machine/process';
import { evaluate } from '../../support/stack/evaluate';
import { newApp } from '../../support/stack/site';
import { temporaryFolder } from '../../support/machine/temporary-folder';

afterAll(cleanUp);

const SUBNET = '10.9.0.0/16';
const subnet = new Subnet(new Check(new TerraformStack(newApp(), 'Stack')), 'subnet', SUBNET);

/** What an owner may have put into a file, on one line. */
const PASSWORDS = [
  'plain',
  '0123456789abcdef-0123-4567',
  'p@ss/w#rd?%41:&+=',
  "it's",
  'with "quotes"',
  'with a blank',
  '$HOME `id` $(id) ${x} %{y}',
  'back\\slash\\n',
  'ends in a backslash\\',
  '# no comment',
  '%s %d\\x41',
  'naïve ключ',
  '-n',
];

function variable({ env = [] }: ContainerJson, name: string): string {
  return env.find((line) => line.startsWith(`${name}=`))!.slice(name.length + 1);
}

function addressOf({ networks_advanced: networks = [] }: ContainerJson): string {
  return networks[0]!.ipv4_address;
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

/** A file of a new folder. */
function file(content: string, name = 'secret'): string {
  const folder = temporaryFolder('secret');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

describe.each<[string, (late: string) => string]>([
  ['alone', (late) => late],
  ['in a text', (late) => `at "${late}"`],
])('a generation that only Terraform can name, for a Token %s,', (_, write) => {
  let warnings: jest.SpyInstance;
  let stack: SynthesizedStack;
  let instances: [string, ContainerJson][];
  beforeAll(() => {
    warnings = jest.spyOn(console, 'warn').mockImplementation(() => {});
    stack = built((site) => {
      const late = new TerraformVariable(site.scope, 'late', {});
      site.platform({ subnet: SUBNET });
      const environment = { STAGE: write(late.stringValue) };
      site.front({ cluster: site.cluster({ environment }) });
    });
    instances = Object.entries(containersOf(stack)).filter(([name]) => /Instance/.test(name));
  });
  afterAll(() => warnings.mockRestore());

  const compute = (late: string) =>
    evaluate(
      stack,
      Object.fromEntries(
        instances.flatMap(([name, container]) => [[`${name}_label`, container.labels![0]!.value]]),
      ),
      { late },
    );

  test('cdktf has no doubts about it', () => {
    expect(warnings.mock.calls).toEqual([]);
  });

  test.each(['test', 'prod "1" <&>', ''])('is named by all of its instances: %j', (late) => {
    const values = compute(late);
    const generation = values.Aiwm_Instance1_label!;
    expect(generation).toMatch(/^[0-9a-f]{8}$/);
    expect(instances.map(([name]) => values[`${name}_label`])).toEqual([
      generation,
      generation,
      generation,
    ]);
  });

  test('is another one for another value, and the same for the same', () => {
    const [one, other, again] = ['a', 'b', 'a'].map((late) => compute(late).Aiwm_Instance1_label);
    expect(one).not.toBe(other);
    expect(again).toBe(one);
  });
});

test('a swarm gets the configuration that Terraform completes', () => {
  const { json } = synthesizeSwarm((site) => {
    const late = new TerraformVariable(site.scope, 'late', {});
    site.front({
      platform: site.platform(),
      upstream: Upstream.servers([`${late.stringValue}:3003`, '10.0.0.6:3003']),
    });
  });
  const [config] = Object.values(json.resource!.docker_config!) as { data: string }[];
  const { data } = evaluate(
    { json } as SynthesizedStack,
    { data: config!.data },
    { late: '10.0.0.5' },
  );
  const text = Buffer.from(data!, 'base64').toString();
  expect(text).toContain('server "10.0.0.5:3003" ');
  expect(text).toContain('map $http_upgrade $ws_upgrade {\n');
  expect(text).toContain('default "";');
});

test('the instances have addresses beside each other, in the subnet, and names of the same draw', () => {
  const stack = built((site) => {
    site.platform({ subnet: SUBNET });
    site.front();
  });
  const { Aiwm_Instance1: one, Aiwm_Instance3: three } = containersOf(stack);
  const { first, last, name } = evaluate(stack, {
    first: addressOf(one!),
    last: addressOf(three!),
    name: three!.name,
  });
  const [network, offset] = [SUBNET.split('/')[0]!, numberOf(first!)];
  expect(name).toMatch(/^stack-platform-aiwm-3-[0-9a-f]{8}$/);
  expect(numberOf(last!)).toBe(offset + 2);
  expect(offset).toBeGreaterThanOrEqual(numberOf(network) + 64);
  const digits = parseInt(/[0-9a-f]{8}$/.exec(name!)![0], 16);
  expect(offset).toBe(numberOf(network) + 64 + (digits % subnet.places));
});

test('a Redis whose password is in a file has the name of its generation', () => {
  const stack = built((site) => {
    site.platform({ subnet: SUBNET });
    site.all({}, {}, { password: Secret.fromFile(file('swordfish\n')) });
  });
  const { Backplane_Redis: redis, Aiwm_Instance1: instance } = containersOf(stack);
  const { alias, generation, url } = evaluate(stack, {
    alias: redis!.networks_advanced![0]!.aliases[0]!,
    generation: redis!.labels![0]!.value,
    url: variable(instance!, 'REDIS_URL'),
  });
  expect(alias).toBe(`backplane-${generation}`);
  expect(generation).toMatch(/^[0-9a-f]{8}$/);
  expect(url).toBe(`redis://:swordfish@${alias}:6379`);
});

describe('a secret reaches an instance', () => {
  const received = (path: string): string => {
    const stack = built((site) => site.cluster({ secrets: { KEY: Secret.fromFile(path) } }));
    const { Aiwm_Instance1: instance } = containersOf(stack);
    return evaluate(stack, { key: variable(instance!, 'KEY') }).key!;
  };

  // Secret.fromFile: one line break at its end is dropped.
  test.each([
    ['a line', 'hunter2\n', 'hunter2'],
    ['no line break', 'hunter2', 'hunter2'],
    ['blanks around it', ' hunter2 \n', ' hunter2 '],
    ['two line breaks', 'hunter2\n\n', 'hunter2\n'],
    [
      'several lines, as of a key',
      '-----BEGIN-----\nabc\n-----END-----\n',
      '-----BEGIN-----\nabc\n-----END-----',
    ],
    [
      'what Terraform would read as a template',
      '${file("x")} %{ if true }\n',
      '${file("x")} %{ if true }',
    ],
    ['quotes and backslashes', '"a" \\n \'b\'\n', '"a" \\n \'b\''],
  ])('as it is: %s', (_, content, expected) => {
    expect(received(file(content))).toBe(expected);
  });

  test.each(['a b', 'a"b"', "a'b", 'a$b', 'a\\b', 'ends in \\', 'naïve', 'a%b', '#a'])(
    'from a file by the name %j',
    (name) => {
      expect(received(file('hunter2\n', name))).toBe('hunter2');
    },
  );
});

test.each(PASSWORDS)(
  'the URL that instances get holds the password as a URL can: %j',
  (password) => {
    const stack = built((site) =>
      site.all({}, {}, { password: Secret.fromFile(file(`${password}\n`)) }),
    );
    const { Aiwm_Instance1: instance, Backplane_Redis: redis } = containersOf(stack);
    const { url, given } = evaluate(stack, {
      url: variable(instance!, 'REDIS_URL'),
      given: variable(redis!, 'AIWM_REDIS_PASSWORD'),
    });
    expect(given).toBe(password);
    const { protocol, port, password: encoded } = new URL(url!);
    expect({ protocol, port, password: decodeURIComponent(encoded) }).toEqual({
      protocol: 'redis:',
      port: '6379',
      password,
    });
  },
);

describe('a real Redis', () => {
  if (!findProgram('redis-server') || !findProgram('redis-cli')) {
    test.skip('needs redis-server and redis-cli: npm run setup', () => {});
    return;
  }

  test.each(PASSWORDS)('lets in who knows the password, and nobody else: %j', async (password) => {
    const port = await freePort();
    const folder = temporaryFolder('redis');
    const { entrypoint } = redisCommand(
      {
        name: 'backplane',
        engine: 'redis',
        maxMemoryBytes: 256 * 2 ** 20,
        outputBuffer: { hardBytes: 64 * 2 ** 20, softBytes: 16 * 2 ** 20, softSeconds: 60 },
      },
      port,
    );
    // The container's own /tmp is a folder of the test.
    const [command, ...args] = entrypoint.map((word) => word.split('/tmp/').join(`${folder}/`));
    const server = startChild({
      name: 'redis',
      command: command!,
      args,
      environment: { AIWM_REDIS_PASSWORD: password },
    });
    await server.waitForLine(/Ready to accept connections/);
    const ask = (secret: string) =>
      execFileSync('redis-cli', ['-p', String(port), 'ping'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { PATH: process.env.PATH, REDISCLI_AUTH: secret },
      }).trim();
    expect(ask(password)).toBe('PONG');
    expect(ask(`${password}x`)).toContain('NOAUTH');
    await server.close();
  });
});
