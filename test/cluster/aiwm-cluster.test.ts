import { AiwmService, Errors, RedisAdapterBackplane, Secret } from 'cdktf-aiwm';
import type { AiwmClusterProps, ExistingRedisOptions } from 'cdktf-aiwm';
import type { InstancesSpec } from 'cdktf-aiwm/platform';
import { commonEnvironment, secretEnvironment } from '../../lib/platform/instance-environment';
import { Site } from '../support/stack/site';

/** What a cluster asks its platform for. */
function asked(props: Partial<AiwmClusterProps> = {}, site = Site.alone()): InstancesSpec {
  const run = jest.spyOn(site.platform(), 'runInstances');
  site.cluster(props);
  return run.mock.calls[0]![1];
}

/** The variables of an instance that are not secret, without HOST. */
function variables(spec: InstancesSpec, index = 0): Record<string, string> {
  return { ...commonEnvironment(spec), ...spec.slots[index]!.environment };
}

test('instances have a name, an address, a port and a health URL of their own', () => {
  const { instances } = Site.alone().cluster({ health: { path: '/up' } });
  expect(instances).toEqual(
    [1, 2, 3].map((number) => ({
      name: `aiwm-${number}`,
      address: '127.0.0.1',
      port: 3002 + number,
      healthUrl: `http://127.0.0.1:${3002 + number}/up`,
    })),
  );
});

test('an instance keeps its identity when the number of instances changes', () => {
  const three = asked({ instances: 3 });
  const five = asked({ instances: 5 });
  expect(five.slots.slice(0, 3)).toEqual(three.slots);
});

test('on a platform where each has an address, all have one port', () => {
  const site = Site.alone();
  Object.assign(site.platform().traits, { sharesAddress: false });
  jest
    .spyOn(site.platform(), 'runInstances')
    .mockReturnValue({ addresses: ['10.0.0.1', '10.0.0.2'], dependables: [] });
  const { upstream } = site.cluster({ instances: 2, firstPort: 65_535 });
  expect(upstream.list.map(({ address }) => address)).toEqual(['10.0.0.1:65535', '10.0.0.2:65535']);
});

describe('the contract', () => {
  test('without a backplane and a heartbeat', () => {
    expect(variables(asked({ environment: { LOG: 'debug' } }), 1)).toEqual({
      LOG: 'debug',
      PORT: '3004',
      INSTANCE_ID: '2',
      AIWM_ENGINE_PATH: '/dev/aiwm/chat/',
      AIWM_HEALTH_PATH: '/health',
    });
  });

  test('with a heartbeat', () => {
    const spec = asked({ heartbeat: { interval: '10s', timeout: '1500ms' } });
    expect(variables(spec)).toMatchObject({
      AIWM_PING_INTERVAL_MS: '10000',
      AIWM_PING_TIMEOUT_MS: '1500',
    });
  });

  test('the engine path ends in a slash, as Socket.IO has it', () => {
    expect(variables(asked({ enginePath: '/x' })).AIWM_ENGINE_PATH).toBe('/x/');
  });

  test('the URL of a Redis that needs no password is a variable', () => {
    const site = Site.alone();
    const backplane = RedisAdapterBackplane.fromUrl(site.scope, 'Backplane', {
      url: 'rediss://cache.internal:6380/2',
    });
    const spec = asked({ backplane }, site);
    expect(variables(spec).REDIS_URL).toBe('rediss://cache.internal:6380/2');
    expect(secretEnvironment(spec)).toEqual({});
  });

  test('one with a password is a secret', () => {
    const site = Site.alone();
    const secret = Secret.fromEnvironment('CACHE_URL');
    const backplane = RedisAdapterBackplane.fromUrl(site.scope, 'Backplane', { secret });
    const spec = asked({ backplane, secrets: { KEY: Secret.fromFile('key') } }, site);
    expect(variables(spec)).not.toHaveProperty('REDIS_URL');
    expect(secretEnvironment(spec)).toEqual({ KEY: Secret.fromFile('key'), REDIS_URL: secret });
  });

  test('one that is a cluster is said to be, in each instance; any other is not', () => {
    const flags = (source: ExistingRedisOptions) => {
      const site = Site.alone();
      const backplane = RedisAdapterBackplane.fromUrl(site.scope, 'Backplane', source);
      const spec = asked({ backplane }, site);
      return spec.slots.map((_, index) => variables(spec, index).REDIS_CLUSTER);
    };
    const secret = Secret.fromEnvironment('CACHE_URL');
    expect(flags({ url: 'redis://cache', cluster: true })).toEqual(['1', '1', '1']);
    expect(flags({ secret, cluster: true })).toEqual(['1', '1', '1']);
    expect(flags({ secret, cluster: false })).toEqual([undefined, undefined, undefined]);
  });

  test('a backplane of your own need not say whether it is one', () => {
    const site = Site.alone();
    const spec = asked(
      { backplane: Object.assign(site.backplane(), { isCluster: undefined }) },
      site,
    );
    expect(variables(spec)).not.toHaveProperty('REDIS_CLUSTER');
  });

  test('a managed one is a secret, and there before the instances', () => {
    const site = Site.alone();
    const backplane = site.backplane();
    const spec = asked({ backplane }, site);
    expect(secretEnvironment(spec).REDIS_URL).toBe(backplane.urlSecret);
    expect(spec.dependsOn).toEqual(backplane.dependables);
    expect(backplane.url).toBeUndefined();
  });
});

test('times reach the platform in milliseconds', () => {
  const spec = asked({
    stopGrace: '1m30s',
    health: { interval: '5s', timeout: '500ms', failures: 5, startTimeout: '2m' },
    limits: { memory: '512m', cpu: 0.5 },
  });
  expect(spec).toMatchObject({
    stopGraceMs: 90_000,
    health: {
      path: '/health',
      intervalMs: 5000,
      timeoutMs: 500,
      failures: 5,
      startTimeoutMs: 120_000,
    },
    memoryBytes: 536_870_912,
    cpu: 0.5,
  });
});

test('a variable may have a name that JavaScript knows', () => {
  const names = { constructor: Secret.fromFile('a'), toString: Secret.fromFile('b') };
  expect(Object.keys(asked({ secrets: names }).secrets)).toEqual(['constructor', 'toString']);
});

test('a service reports its kind to platforms', () => {
  const image = AiwmService.image('registry.example/aiwm:1.4.2');
  expect(image).toMatchObject({ imageName: 'registry.example/aiwm:1.4.2' });
  const command = AiwmService.command(['node', 'x.js'], { workingDirectory: 'a', version: '1' });
  expect(command).toMatchObject({
    commandLine: ['node', 'x.js'],
    workingDirectory: 'a',
    version: '1',
  });
});

test('a secret shows its source and never its value', () => {
  expect(`${Secret.fromFile('/run/key')}`).toBe('Secret(file /run/key)');
});

test('errors are known as the library’s own', () => {
  const error = (() => {
    try {
      Site.alone().cluster({ instances: 0 });
    } catch (thrown) {
      return thrown;
    }
    return undefined;
  })();
  expect(Errors.isValidationError(error)).toBe(true);
  expect(Errors.isValidationError(new Error('x'))).toBe(false);
  expect(Errors.isValidationError(undefined)).toBe(false);
});
