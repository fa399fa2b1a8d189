// What the examples become: addresses that must not change, nginx.conf as a text of its own, the rest for review.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App, TerraformStack } from 'cdktf';
import {
  AiwmCluster,
  NginxWsFrontend,
  RedisAdapterBackplane,
  TlsCertificate,
  type AiwmClusterProps,
  type NginxWsFrontendProps,
} from 'cdktf-aiwm';
import { LocalPlatform } from 'cdktf-aiwm/local';
import { multiLineSerializer, synthesize, synthesizeStack } from 'cdktf-aiwm/testing';
import { chatService } from '../examples/chat-service';
import { AwsStack } from '../examples/aws';
import { AwsRedisStack } from '../examples/aws-redis';
import { AwsSingleStack } from '../examples/aws-single';
import { DockerStack } from '../examples/docker';
import { DockerRedisStack } from '../examples/docker-redis';
import { DockerSwarmStack } from '../examples/docker-swarm';
import { LocalStack } from '../examples/local';
import { LocalRedisStack } from '../examples/local-redis';
import { expectGolden, goldenFolder } from './support/stack/golden';
import { lineDiff } from './support/stack/line-diff';
import { temporaryFolder } from './support/machine/temporary-folder';

expect.addSnapshotSerializer(multiLineSerializer);

// A port that somebody has set for a deployment of the examples is not the example.
const kept = { ...process.env };
beforeAll(() => {
  for (const name of Object.keys(process.env).filter((each) => /^AIWM_.*PORT$/.test(each))) {
    delete process.env[name];
  }
});
afterAll(() => {
  Object.assign(process.env, kept);
});

const EXAMPLES: Record<string, new (app: App, id: string) => TerraformStack> = {
  aws: AwsStack,
  'aws-redis': AwsRedisStack,
  'aws-single': AwsSingleStack,
  docker: DockerStack,
  'docker-redis': DockerRedisStack,
  'docker-swarm': DockerSwarmStack,
  local: LocalStack,
  'local-redis': LocalRedisStack,
};

function example(name: string) {
  return synthesizeStack((app) => new EXAMPLES[name]!(app, name));
}

/** A rename would replace them. */
const LOCAL = [
  'terraform_data.Aiwm_Instance1_EB31A2E3',
  'terraform_data.Aiwm_Instance2_98B885F2',
  'terraform_data.Aiwm_Instance3_1A53FDB1',
  'terraform_data.Frontend_Nginx_82EAC4EA',
  'terraform_data.Platform_Host_6AA66D5E',
  'terraform_data.Platform_Roster_E9B4B503',
];

const DOCKER = [
  'docker_container.Aiwm_Instance1_EB31A2E3',
  'docker_container.Aiwm_Instance2_98B885F2',
  'docker_container.Aiwm_Instance3_1A53FDB1',
  'docker_container.Frontend_Delivery_A39B2CE3',
  'docker_container.Frontend_Nginx_82EAC4EA',
  'docker_image.Aiwm_Image_127687F2',
  'docker_network.Platform_Network_1C72AF19',
  'docker_volume.Frontend_Configuration_9CA2D0A5',
];

const SWARM = [
  'docker_config.Frontend_Configuration_9CA2D0A5',
  'docker_container.Frontend_Test_C3A00D8A',
  'docker_image.Aiwm_Image_127687F2',
  'docker_image.Backplane_Image_F104439B',
  'docker_image.Frontend_Image_0BC1F69F',
  'docker_network.Platform_Network_1C72AF19',
  'docker_secret.Aiwm_Secrets_REDIS_URL_C24E9BB8',
  'docker_secret.Backplane_PasswordSecret_5D8AA2B0',
  'docker_service.Aiwm_Instance1_EB31A2E3',
  'docker_service.Aiwm_Instance2_98B885F2',
  'docker_service.Aiwm_Instance3_1A53FDB1',
  'docker_service.Backplane_Redis_5CB0A8E5',
  'docker_service.Frontend_Nginx_82EAC4EA',
  'terraform_data.Backplane_Password_81379A11',
];

const ADDRESS_OF_CONTAINER =
  /^\$\{tolist\(docker_container\.Aiwm_Instance\d_[0-9A-F]{8}\.networks_advanced\)\.0\.ipv4_address\}:3003$/;

/** A node publishes on all of its addresses. */
const WARNINGS: Record<string, string[]> = {
  'docker-swarm': [
    'docker-swarm/Frontend: TlsCertificate.selfSigned() on a public platform: clients do not trust it. Use it for development only.',
  ],
};

describe.each<[string, string[], RegExp]>([
  ['local', LOCAL, /^127\.0\.0\.1:300[345]$/],
  ['local-redis', [...LOCAL, 'terraform_data.Backplane_Redis_5CB0A8E5'], /^127\.0\.0\.1:300[345]$/],
  ['docker', DOCKER, ADDRESS_OF_CONTAINER],
  [
    'docker-redis',
    [
      ...DOCKER,
      'docker_container.Backplane_Redis_5CB0A8E5',
      'terraform_data.Backplane_Password_81379A11',
    ],
    ADDRESS_OF_CONTAINER,
  ],
  ['docker-swarm', SWARM, /^aiwm-[123]:3003$/],
])('%s', (name, addresses, instance) => {
  const stack = example(name);

  test('its Terraform addresses', () => {
    expect(stack.addresses).toEqual([...addresses].sort());
  });

  test('its outputs', () => {
    const address = expect.stringMatching(instance) as string;
    expect(stack.outputs).toEqual({
      aiwm_instances: { 'aiwm-1': address, 'aiwm-2': address, 'aiwm-3': address },
      frontend_url: 'https://localhost:8443',
      frontend_websocket_url: 'wss://localhost:8443/dev/aiwm/chat/',
    });
  });

  test('nobody is warned without a reason', () => {
    expect(stack.warnings).toEqual(WARNINGS[name] ?? []);
  });

  test('its nginx.conf', () => {
    expectGolden(`${name}.nginx.conf`, stack.configuration());
  });

  test('the rest of it', () => {
    expect(stack.forReview()).toMatchSnapshot();
  });
});

describe.each([
  ['aws', 3],
  ['aws-redis', 3],
  ['aws-single', 2],
])('%s', (name, instances) => {
  const stack = example(name);

  test('its Terraform addresses', () => {
    expect(stack.addresses).toMatchSnapshot();
  });

  test('its outputs', () => {
    expect(stack.outputs).toEqual({
      aiwm_instances: Object.fromEntries(
        Array.from({ length: instances }, (_, index) => [
          `aiwm-${index + 1}`,
          `aiwm-${index + 1}.${name}-platform.internal:3003`,
        ]),
      ),
      frontend_url: 'https://chat.example.org',
      frontend_websocket_url: 'wss://chat.example.org/dev/aiwm/chat/',
    });
  });

  test('nobody is warned', () => {
    expect(stack.warnings).toEqual([]);
  });

  test('its nginx.conf', () => {
    expectGolden(`${name}.nginx.conf`, stack.configuration());
  });

  test('the rest of it', () => {
    expect(withoutScripts(stack.forReview())).toMatchSnapshot();
  });
});

/** What hosts run has tests of its own, and would hide everything else here. */
function withoutScripts(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, each: unknown) =>
      /^user_data/.test(key) || (key === 'content' && String(each).startsWith('{"schemaVersion"'))
        ? '<what hosts run>'
        : key === 'name' && /^aiwm-.*-[0-9a-f]{8}$/.test(String(each))
          ? String(each).replace(/[0-9a-f]{8}$/, '<hash of what hosts run>')
          : each,
    ),
  );
}

test('there is a golden file for each example and no other', () => {
  expect(readdirSync(goldenFolder).sort()).toEqual(
    Object.keys(EXAMPLES)
      .map((name) => `${name}.nginx.conf`)
      .sort(),
  );
});

test('npm run synth writes each stack, and its nginx.conf beside it', () => {
  const outdir = temporaryFolder('synth');
  const root = join(__dirname, '..');
  const said = execFileSync(process.execPath, [join('scripts', 'synth.mjs')], {
    cwd: root,
    env: { ...process.env, CDKTF_OUTDIR: outdir },
    encoding: 'utf8',
  });
  for (const name of Object.keys(EXAMPLES)) {
    const folder = join(outdir, 'stacks', name);
    expect(JSON.parse(readFileSync(join(folder, 'cdk.tf.json'), 'utf8'))).toHaveProperty(
      'resource',
    );
    expect(readFileSync(join(folder, 'nginx.conf'), 'utf8')).toBe(
      readFileSync(join(goldenFolder, `${name}.nginx.conf`), 'utf8'),
    );
  }
  expect(said.match(/^synth: wrote .*$/gm)).toHaveLength(2 * Object.keys(EXAMPLES).length);
});

describe('a change is a change of few lines', () => {
  /** local-redis, with something changed. */
  function changed(
    cluster: Partial<AiwmClusterProps> = {},
    front: Partial<NginxWsFrontendProps> = {},
    hasBackplane = true,
  ): string {
    return synthesize(
      (stack) => {
        const platform = new LocalPlatform(stack, 'Platform');
        const backplane = hasBackplane
          ? new RedisAdapterBackplane(stack, 'Backplane', { platform })
          : undefined;
        new NginxWsFrontend(stack, 'Frontend', {
          cluster: new AiwmCluster(stack, 'Aiwm', {
            platform,
            backplane,
            service: chatService,
            marksSessionIds: true,
            ...cluster,
          }),
          serverName: 'localhost',
          tls: TlsCertificate.selfSigned(),
          ...front,
        });
      },
      { stackId: 'local-redis' },
    ).configuration();
  }
  const before = example('local-redis').configuration();
  const diff = (...change: Parameters<typeof changed>) => lineDiff(before, changed(...change));

  test('nothing', () => {
    expect(diff()).toEqual([]);
  });

  test('another instance: one line in each pool, its group and what leads there', () => {
    const uncounted = '+        server 127.0.0.1:3006 max_fails=0;';
    expect(diff({ instances: 4 })).toEqual([
      '+        server 127.0.0.1:3006 max_fails=1 fail_timeout=2s;',
      '+        127.0.0.1:3006 aiwm_backend_4;',
      '+        ~^4[.] aiwm_backend_4;',
      '+        server 127.0.0.1:3006 max_fails=0 backup;',
      '+        keepalive 16;',
      '+        keepalive_timeout 4s;',
      '+    }',
      '+    upstream aiwm_backend_4 {',
      uncounted,
      uncounted,
      uncounted,
      uncounted,
    ]);
  });

  test('an instance that is taken out: its line in each pool, and not in its group', () => {
    const uncounted = '+        server 127.0.0.1:3004 max_fails=0 down;';
    expect(diff({ drained: ['2'] }).filter((each) => each.startsWith('+'))).toEqual([
      '+        server 127.0.0.1:3004 max_fails=1 fail_timeout=2s down;',
      // The backup of the first, in its place.
      '+        server 127.0.0.1:3005 max_fails=0 backup;',
      uncounted,
      uncounted,
      uncounted,
    ]);
  });

  test('a REST timeout: its two lines in each of both locations', () => {
    const lines = (sign: string, time: string) => [
      `${sign}            proxy_read_timeout ${time};`,
      `${sign}            proxy_send_timeout ${time};`,
    ];
    const location = [...lines('-', '60s'), ...lines('+', '30s')];
    expect(diff({}, { timeouts: { rest: '30s' } }).sort()).toEqual(
      [...location, ...location].sort(),
    );
  });

  test.each<[string, Partial<NginxWsFrontendProps>, string[]]>([
    [
      'a drain timeout',
      { drainTimeout: '2h' },
      ['-worker_shutdown_timeout 1h;', '+worker_shutdown_timeout 2h;'],
    ],
    [
      'a body size',
      { maxBodySize: '5m' },
      ['-        client_max_body_size 2m;', '+        client_max_body_size 5m;'],
    ],
    [
      'another name',
      { alternativeNames: ['localhost.test'] },
      [
        '-        server_name localhost;',
        '+        server_name localhost localhost.test;',
        '-        server_name localhost;',
        '+        server_name localhost localhost.test;',
      ],
    ],
    [
      'HTTP/2 off',
      { http2: false },
      [
        '-        listen 127.0.0.1:8443 ssl http2 so_keepalive=60s:15s:4;',
        '+        listen 127.0.0.1:8443 ssl so_keepalive=60s:15s:4;',
      ],
    ],
  ])('%s', (_, front, expected) => {
    expect(diff({}, front)).toEqual(expected);
  });

  test('the backplane left out: ip_hash comes', () => {
    const lines = diff({}, {}, false);
    expect(lines.filter((line) => line.startsWith('+'))).toEqual([
      // Of the pool that is asked, and of the one for when nobody answers.
      '+        ip_hash;',
      '+        ip_hash;',
    ]);
    expect(lines.filter((line) => line.startsWith('-'))).toEqual([]);
  });
});
