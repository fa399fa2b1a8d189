import { isAbsolute } from 'node:path';
import { TerraformStack, Testing } from 'cdktf';
import {
  AiwmService,
  RedisAdapterBackplane,
  RedisEngine,
  Secret,
  TlsCertificate,
} from 'cdktf-aiwm';
import { LocalPlatform, type LocalPlatformProps } from 'cdktf-aiwm/local';
import { SynthesizedStack, synthesize } from 'cdktf-aiwm/testing';
import { Construct } from 'constructs';
import { byConstruct, constructOf } from '../../support/stack/addresses';
import { newApp, servers, Site } from '../../support/stack/site';

interface Data {
  readonly input?: Record<string, unknown>;
  readonly depends_on?: string[];
  readonly lifecycle?: Record<string, unknown>;
  readonly triggers_replace?: { readonly specification: Record<string, unknown> } & Record<
    string,
    unknown
  >;
  readonly provisioner: {
    readonly 'local-exec': {
      readonly command: string;
      readonly when?: string;
      readonly environment: Record<string, string>;
    };
  }[];
}

/** terraform_data by the construct that it came from: "Aiwm_Instance1". */
function data(stack: SynthesizedStack): Record<string, Data> {
  return byConstruct(stack, 'terraform_data');
}

function built(build: (site: Site) => unknown): SynthesizedStack {
  return synthesize((stack) => void build(new Site(stack)));
}

const everything = (site: Site) =>
  site.front({
    cluster: site.cluster({ backplane: site.backplane() }),
    tls: TlsCertificate.selfSigned(),
  });

const names = (addresses: string[] = []) => addresses.map(constructOf);

describe('order', () => {
  const resources = data(built(everything));

  test('Redis before the instances, each instance after the last, nginx after all of them', () => {
    expect(
      Object.fromEntries(
        Object.entries(resources).map(([name, { depends_on }]) => [name, names(depends_on)]),
      ),
    ).toEqual({
      Platform_Host: [],
      Backplane_Redis: ['Platform_Host'],
      Aiwm_Instance1: ['Platform_Host', 'Backplane_Redis'],
      Aiwm_Instance2: ['Platform_Host', 'Aiwm_Instance1'],
      Aiwm_Instance3: ['Platform_Host', 'Aiwm_Instance2'],
      Frontend_Nginx: ['Platform_Host', 'Aiwm_Instance3'],
      Platform_Roster: [
        'Platform_Host',
        'Backplane_Redis',
        'Aiwm_Instance1',
        'Aiwm_Instance2',
        'Aiwm_Instance3',
        'Frontend_Nginx',
      ],
    });
  });

  test('what is replaced is created before the old is destroyed; the host is never replaced', () => {
    const { Platform_Host: host, ...others } = resources;
    for (const { lifecycle } of Object.values(others)) {
      expect(lifecycle).toEqual({ create_before_destroy: true });
    }
    expect(host).not.toHaveProperty('lifecycle');
    expect(host).not.toHaveProperty('triggers_replace');
    expect(host!.input).toEqual({ state_dir: '../../../.aiwm/Stack-platform' });
  });

  test('only the host runs a command at destroy, with its own state alone', () => {
    const ends = Object.entries(resources).flatMap(([name, { provisioner }]) =>
      provisioner.filter((each) => each['local-exec'].when === 'destroy').map(() => name),
    );
    expect(ends).toEqual(['Platform_Host']);
    const tearDown = resources.Platform_Host!.provisioner.at(-1)!['local-exec'];
    expect(tearDown.environment).toEqual({ AIWM_STATE: '${self.output.state_dir}' });
    expect(tearDown.command).toBe(
      'if [ -f "$AIWM_STATE/agent.js" ]; then node "$AIWM_STATE/agent.js" destroy; fi',
    );
  });

  test('the host looks for the programs before anything starts', () => {
    const [prepare] = resources.Platform_Host!.provisioner;
    expect(prepare!['local-exec'].command).toBe('node "$AIWM_AGENT" prepare');
    expect(JSON.parse(prepare!['local-exec'].environment.AIWM_SPEC!)).toEqual({
      executables: ['redis-server', 'nginx'],
      folders: ['../../../.aiwm/Stack-platform'],
    });
  });

  test('every other resource runs a command only at creation', () => {
    const verbs = Object.fromEntries(
      Object.entries(resources)
        .filter(([name]) => name !== 'Platform_Host')
        .map(([name, { provisioner }]) => {
          const [{ 'local-exec': run }, ...others] = provisioner as [Data['provisioner'][0]];
          expect(others).toEqual([]);
          expect(run.environment.AIWM_SPEC).toBe(
            '${jsonencode(self.triggers_replace.specification)}',
          );
          return [name, run.command];
        }),
    );
    expect(verbs).toEqual({
      Backplane_Redis: 'node "$AIWM_AGENT" redis',
      Aiwm_Instance1: 'node "$AIWM_AGENT" instance',
      Aiwm_Instance2: 'node "$AIWM_AGENT" instance',
      Aiwm_Instance3: 'node "$AIWM_AGENT" instance',
      Frontend_Nginx: 'node "$AIWM_AGENT" nginx',
      Platform_Roster: 'node "$AIWM_AGENT" roster',
    });
  });

  test('the roster names all that runs', () => {
    expect(resources.Platform_Roster!.triggers_replace!.specification).toEqual({
      units: ['backplane', 'aiwm-1', 'aiwm-2', 'aiwm-3', 'frontend'],
      folders: ['../../../.aiwm/Stack-platform'],
    });
  });
});

describe('specifications', () => {
  const specification = (build: (site: Site) => unknown, name: string) =>
    data(built(build))[name]!.triggers_replace!.specification;

  test('an instance', () => {
    const spec = specification(
      (site) =>
        site.cluster({
          instances: 1,
          service: AiwmService.command(['node', 'a b.js', '--x="y"'], {
            workingDirectory: 'services/chat',
            version: '1.4.2',
          }),
          environment: { GREETING: 'it\'s "fine"; really' },
          secrets: {
            KEY: Secret.fromFile('keys/jwt'),
            ROOT: Secret.fromFile('/run/key'),
            TOKEN: Secret.fromEnvironment('CHAT_TOKEN'),
          },
        }),
      'Aiwm_Instance1',
    );
    expect(spec).toEqual({
      unit: 'aiwm-1',
      command: ['node', 'a b.js', '--x="y"'],
      workingDirectory: '../../../services/chat',
      revision: '1.4.2',
      address: '127.0.0.1',
      port: 3003,
      environment: {
        GREETING: 'it\'s "fine"; really',
        HOST: '127.0.0.1',
        PORT: '3003',
        INSTANCE_ID: '1',
        AIWM_ENGINE_PATH: '/dev/aiwm/chat/',
        AIWM_HEALTH_PATH: '/health',
      },
      secrets: {
        KEY: { kind: 'file', path: '../../../keys/jwt' },
        ROOT: { kind: 'file', path: '/run/key' },
        TOKEN: { kind: 'environment', name: 'CHAT_TOKEN' },
      },
      health: {
        path: '/health',
        intervalMs: 2000,
        timeoutMs: 2000,
        failures: 3,
        startTimeoutMs: 60_000,
      },
      stopGraceMs: 30_000,
    });
  });

  test('a service without a folder and a version', () => {
    const spec = specification((site) => site.cluster({ instances: 1 }), 'Aiwm_Instance1');
    expect(spec.workingDirectory).toBe('../../..');
    expect(spec).not.toHaveProperty('revision');
  });

  test.each<[string, (site: Site) => unknown, Record<string, unknown>]>([
    [
      'Redis with a password of its own',
      (site) => site.backplane(),
      {
        executable: 'redis-server',
        port: 6379,
        maxMemory: '256mb',
        outputBufferLimit: '64mb 16mb 60',
        password: { kind: 'generated' },
      },
    ],
    [
      'Valkey with a given password',
      (site) =>
        site.backplane({
          platform: site.platform({ redisPort: 7000 }),
          engine: RedisEngine.VALKEY,
          maxMemory: '1g',
          password: Secret.fromFile('redis.password'),
        }),
      {
        executable: 'valkey-server',
        port: 7000,
        maxMemory: '1gb',
        outputBufferLimit: '64mb 16mb 60',
        password: { kind: 'file', path: '../../../redis.password' },
      },
    ],
    [
      'a Redis that lies somewhere',
      (site) => site.backplane({ platform: site.platform({ redisServer: 'bin/redis' }) }),
      { executable: '../../../bin/redis' },
    ],
  ])('%s', (_, build, expected) => {
    expect(specification(build, 'Backplane_Redis')).toMatchObject({
      unit: 'backplane',
      address: '127.0.0.1',
      ...expected,
    });
  });

  test('nginx with a certificate of its own', () => {
    const spec = specification(
      (site) =>
        site.front({
          tls: TlsCertificate.selfSigned(),
          serverName: 'localhost',
          alternativeNames: ['chat.example.org'],
          platform: site.platform({ nginx: './nginx/sbin/nginx', addresses: ['127.0.0.2', '::1'] }),
        }),
      'Frontend_Nginx',
    );
    expect(spec).toEqual({
      unit: 'frontend',
      executable: '../../../nginx/sbin/nginx',
      configuration: expect.stringContaining('listen 127.0.0.2:8443 ssl'),
      certificate: { kind: 'self-signed', names: ['localhost', 'chat.example.org'] },
      listen: [
        { address: '127.0.0.2', port: 8443 },
        { address: '::1', port: 8443 },
        { address: '127.0.0.2', port: 8080 },
        { address: '::1', port: 8080 },
      ],
    });
  });

  test('nginx with files for a certificate: another content is a change', () => {
    const front = data(
      built((site) => site.front({ tls: TlsCertificate.fromFiles('tls/a "b".pem', '/k.pem') })),
    ).Frontend_Nginx!;
    expect(front.triggers_replace).toMatchObject({
      certificate_sha256: '${try(filesha256("../../../tls/a \\"b\\".pem"), "")}',
      key_sha256: '${try(filesha256("/k.pem"), "")}',
      specification: {
        certificate: {
          kind: 'files',
          certificate: '../../../tls/a "b".pem',
          key: '/k.pem',
        },
      },
    });
  });

  test('nginx with files for a certificate: one that is missing fails the plan', () => {
    const front = data(
      built((site) => site.front({ tls: TlsCertificate.fromFiles('a.pem', '/k.pem') })),
    ).Frontend_Nginx!;
    expect(front.lifecycle).toEqual({
      create_before_destroy: true,
      precondition: [
        {
          condition: '${path.module != "" && fileexists("../../../a.pem")}',
          error_message:
            'frontend: the certificate ../../../a.pem does not exist. Give the path of a PEM file that this user can read.',
        },
        {
          condition: '${path.module != "" && fileexists("/k.pem")}',
          error_message:
            'frontend: the key /k.pem does not exist. Give the path of a PEM file that this user can read.',
        },
      ],
    });
  });

  test('nginx without TLS, and behind somebody else’s', () => {
    for (const tls of [undefined, TlsCertificate.terminatedUpstream()]) {
      const spec = specification((site) => site.front({ tls }), 'Frontend_Nginx');
      expect(spec.certificate).toBeNull();
      expect(spec.listen).toEqual([{ address: '127.0.0.1', port: 8080 }]);
    }
  });
});

describe('the state folder', () => {
  const stateDir = (build: (scope: Construct) => LocalPlatform) => {
    let dir = '';
    synthesize((stack) => {
      dir = build(stack).stateDir;
    });
    return dir;
  };

  test.each<[string, LocalPlatformProps, string]>([
    ['nothing said', {}, '../../../.aiwm/Stack-platform'],
    ['a relative one', { stateDir: 'var/./aiwm/' }, '../../../var/aiwm'],
    ['one beside the app', { stateDir: '../state' }, '../../../../state'],
    ['an absolute one', { stateDir: '/var/lib/aiwm' }, '/var/lib/aiwm'],
  ])('%s', (_, props, expected) => {
    expect(stateDir((scope) => new LocalPlatform(scope, 'Platform', props))).toBe(expected);
  });

  test('of platforms in other places is another one', () => {
    const dirs = ['A', 'B'].map((id) =>
      stateDir((scope) => new LocalPlatform(new Construct(scope, id), 'Platform')),
    );
    expect(dirs).toEqual(['../../../.aiwm/Stack-a-platform', '../../../.aiwm/Stack-b-platform']);
  });

  test('fails when it is that of another stack of the same app', () => {
    const app = newApp();
    const platform = (stack: string) =>
      new LocalPlatform(new TerraformStack(app, stack), 'Platform', { stateDir: 'state' });
    platform('One');
    expect(() => platform('Two')).toThrow(
      'stateDir: "state" is already the folder of One/Platform',
    );
  });
});

test('the synthesized stack contains no path of this machine', () => {
  const { resource } = built((site) =>
    site.front({
      cluster: site.cluster({
        backplane: site.backplane({ password: Secret.fromFile('password') }),
        service: AiwmService.command(['node', 'x.js'], { workingDirectory: 'service' }),
      }),
      tls: TlsCertificate.fromFiles('a.pem', 'b.pem'),
    }),
  ).json;
  // Beside the resources there is only the backend, which is cdktf's.
  expect(JSON.stringify(resource)).not.toContain(process.cwd());
  const paths = JSON.stringify(resource).match(/"(?:AIWM_STATE|AIWM_AGENT|path)":"[^"]*"/g)!;
  expect(paths.length).toBeGreaterThan(6);
  for (const path of paths.map((each) => each.replace(/^"\w+":"|"$/g, ''))) {
    expect([path, isAbsolute(path) && path !== '/health']).toEqual([path, false]);
  }
});

test('no secret is in it, only where each is found', () => {
  process.env.CHAT_TOKEN = 'hunter2';
  try {
    const stack = new TerraformStack(newApp(), 'Stack');
    const site = new Site(stack);
    const backplane = RedisAdapterBackplane.fromUrl(stack, 'Backplane', {
      secret: Secret.fromEnvironment('CHAT_TOKEN'),
    });
    site.front({ cluster: site.cluster({ backplane }), tls: TlsCertificate.selfSigned() });
    const text = Testing.synth(stack);
    expect(text).not.toContain('hunter2');
    expect(text).not.toMatch(/redis:\/\/|BEGIN [A-Z ]*PRIVATE KEY/);
  } finally {
    delete process.env.CHAT_TOKEN;
  }
});

test('of templates there are only those that the platform writes', () => {
  const text = JSON.stringify(built(everything).json);
  expect([...new Set(text.match(/[$%]\{[^}]*\}/g))].sort()).toEqual([
    '${jsonencode(self.triggers_replace.specification)}',
    '${self.output.state_dir}',
  ]);
});

test('two platforms in one stack keep to themselves', () => {
  const stack = synthesize((scope) => {
    new Site(new Construct(scope, 'Blue')).front({ upstream: servers(['10.0.0.1:1']) });
    const green = new Site(new Construct(scope, 'Green'));
    green.front({
      platform: green.platform({ httpPort: 9080, httpsPort: 9443 }),
      upstream: servers(['10.0.0.1:1']),
    });
  });
  const resources = data(stack);
  expect(names(resources.Green_Platform_Roster!.depends_on)).toEqual([
    'Green_Platform_Host',
    'Green_Frontend_Nginx',
  ]);
  expect(Object.keys(stack.configurations)).toEqual(['Blue/Frontend', 'Green/Frontend']);
  expect(Object.keys(stack.outputs)).toContain('green_frontend_url');
});

test('terraform is not asked for at synth', () => {
  const path = process.env.PATH;
  process.env.PATH = '/nowhere';
  try {
    expect(() => built(everything)).not.toThrow();
  } finally {
    process.env.PATH = path;
  }
});
