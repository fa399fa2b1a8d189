// A cluster whose number of instances depends on their load: what the platform is asked for, and what is refused.
import {
  Balancing,
  ClientTransport,
  type AiwmClusterProps,
  type ClusterScaling,
  type NginxWsFrontendProps,
} from 'cdktf-aiwm';
import { synthesizeAws, AwsSite } from '../support/aws/aws-site';
import { DockerSite } from '../support/docker/docker-site';
import { FrontConf } from '../support/front/nginx-tree';
import { refusalOn } from '../support/stack/refusal';
import { Site } from '../support/stack/site';

const SCALING: ClusterScaling = { min: 2, max: 8 };

function scaled(site: AwsSite, props: Partial<AiwmClusterProps> = {}) {
  return site.cluster({ backplane: site.backplane(), scaling: SCALING, ...props });
}

/** What such a cluster asks its platform for. */
function asked(scaling: ClusterScaling) {
  const site = AwsSite.alone();
  const run = jest.spyOn(site.platform(), 'runInstances');
  scaled(site, { scaling });
  return run.mock.calls[0]![1];
}

const refusal = (props: Partial<AiwmClusterProps>) =>
  refusalOn(AwsSite.alone(), (site) => scaled(site, props)).message;

test('one slot without a number is for all instances', () => {
  const { slots, scaling } = asked(SCALING);
  expect(slots).toEqual([
    { name: 'aiwm', id: 'Scaled', port: 3003, environment: { PORT: '3003' } },
  ]);
  expect(scaling).toEqual({ min: 2, max: 8, processorPercent: 60, scaleIn: false });
});

test('all targets reach the platform, and connections are asked of the instances', () => {
  const most = { min: 3, max: 5, processor: 50, memory: 70, connections: 5000, scaleIn: true };
  const spec = asked(most);
  expect(spec.scaling).toEqual({
    min: 3,
    max: 5,
    processorPercent: 50,
    memoryPercent: 70,
    connections: 5000,
    scaleIn: true,
  });
  expect(spec.environment).toMatchObject({ AIWM_REPORT_CONNECTIONS_MS: '30000' });
  expect(asked(SCALING).environment).not.toHaveProperty('AIWM_REPORT_CONNECTIONS_MS');
});

test('a cluster with a fixed number has no scaling', () => {
  const site = Site.alone();
  const run = jest.spyOn(site.platform(), 'runInstances');
  const { upstream } = site.cluster();
  expect(run.mock.calls[0]![1].scaling).toBeUndefined();
  expect(upstream.list.some(({ severalInstances }) => severalInstances)).toBe(false);
});

test('its instances are one entry, whose name stands for all', () => {
  const { instances, upstream } = scaled(AwsSite.alone());
  const [address, port] = ['aiwm.stack-platform.internal', 3003];
  expect(instances).toEqual([
    { name: 'aiwm', address, port, healthUrl: `http://${address}:${port}/health` },
  ]);
  expect(upstream.list).toEqual([
    { address: `${address}:${port}`, down: false, severalInstances: true },
  ]);
});

test('a backplane is of no use to one instance at the most', () => {
  const warnings = (max: number) =>
    synthesizeAws((site) => scaled(site, { scaling: { min: 1, max } })).warnings.join('\n');
  expect(warnings(1)).toContain('backplane: has no effect with a single instance');
  expect(warnings(2)).toBe('');
});

describe('refused', () => {
  test.each<[string, Partial<AiwmClusterProps>, string, RegExp]>([
    [
      'no backplane',
      { backplane: undefined },
      'scaling',
      /RedisAdapterBackplane, or set instances/,
    ],
    ['a fixed number as well', { instances: 4 }, 'scaling', /scaling: \{ min: 4, max: … \}/],
    ['drained numbers', { drained: ['1'] }, 'drained', /have no numbers/],
    ['numbers in session ids', { marksSessionIds: true }, 'marksSessionIds', /a cookie keeps/],
    ['more than a name has', { scaling: { min: 2, max: 9 } }, 'scaling.max', /at most 8/],
    ['none', { scaling: { min: 0, max: 2 } }, 'scaling.min', /from 1 to 2/],
    ['a minimum above the maximum', { scaling: { min: 4, max: 3 } }, 'scaling.min', /from 1 to 3/],
    ['half an instance', { scaling: { min: 1, max: 2.5 } }, 'scaling.max', /not a whole number/],
    [
      'all processors',
      { scaling: { ...SCALING, processor: 100 } },
      'scaling.processor',
      /10 to 90/,
    ],
    ['no memory', { scaling: { ...SCALING, memory: 0 } }, 'scaling.memory', /10 to 90/],
    ['one connection', { scaling: { ...SCALING, connections: 1 } }, 'scaling.connections', /10 to/],
  ])('%s', (_, props, property, message) => {
    const text = refusal(props);
    expect(text.startsWith(`Stack/Aiwm: ${property}: `) ? property : text).toBe(property);
    expect(text).toMatch(message);
  });

  test.each([
    ['LocalPlatform', () => Site.alone()],
    ['DockerPlatform', () => DockerSite.alone()],
  ] as const)('on %s, which has a fixed number', (name, site) => {
    const { message } = refusalOn<Site | DockerSite>(site(), (each) =>
      each.cluster({ scaling: SCALING, backplane: each.backplane() }),
    );
    expect(message).toBe(
      `Stack/Aiwm: scaling: ${name} runs a fixed number of instances.\n` +
        'Allowed: no scaling, or a platform that scales, such as AwsPlatform.\n' +
        'Set instances instead.',
    );
  });
});

describe('its front', () => {
  function build(props: Partial<NginxWsFrontendProps>, site = AwsSite.alone()) {
    return site.front({ cluster: scaled(site), ...props });
  }
  const conf = (props: Partial<NginxWsFrontendProps> = {}) =>
    FrontConf.parse(build(props).configuration);

  test('goes round-robin for WebSockets, and by a cookie for sessions of long-polling', () => {
    const made = conf();
    expect(made.method('aiwm_backend')).toEqual([]);
    expect(made.method('aiwm_backend_session').join(' ')).toMatch(/^sticky cookie aiwm_srv /);
    // A route would be one for all instances of the name.
    for (const pool of ['aiwm_backend', 'aiwm_backend_session']) {
      expect(made.pool(pool).all('server')).toEqual([
        ['aiwm.stack-platform.internal:3003', 'resolve', 'max_fails=1', 'fail_timeout=2s'],
      ]);
    }
  });

  test('asks for a live instance, though there is a single name', () => {
    expect(conf().pools).toContain('aiwm_backend_unasked');
  });

  test('needs no cookie where clients use WebSockets alone', () => {
    const made = conf({ clientTransports: [ClientTransport.WEBSOCKET] });
    expect(made.pools).not.toContain('aiwm_backend_session');
    expect(made.method('aiwm_backend')).toEqual([]);
  });

  test('may count connections', () => {
    const made = conf({ balancing: Balancing.leastConnections() });
    expect(made.method('aiwm_backend')).toEqual(['least_conn']);
    expect(made.method('aiwm_backend_session').join(' ')).toMatch(/^sticky cookie /);
  });

  test.each<[string, Balancing]>([
    ['ip_hash', Balancing.ipHash()],
    ['a hash', Balancing.hash('$http_x_session_id')],
    ['a hash for sessions', Balancing.roundRobin({ sessionAffinity: Balancing.hash('$arg_s') })],
    ['ip_hash for sessions', Balancing.roundRobin({ sessionAffinity: Balancing.ipHash() })],
  ])('refuses %s', (_, balancing) => {
    const { message } = refusalOn(AwsSite.alone(), (site) => build({ balancing }, site));
    expect(message).toMatch(/^Stack\/Frontend: balancing/);
    expect(message).toContain('Allowed: Balancing.cookie().');
  });

  test('refuses an nginx without a cookie for it', () => {
    const { message } = refusalOn(AwsSite.alone(), (site) => build({ nginxVersion: '1.28' }, site));
    expect(message).toMatch(/^Stack\/Frontend: nginxVersion: .*1\.29\.6/s);
  });
});
