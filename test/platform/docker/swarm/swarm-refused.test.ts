// What DockerSwarmPlatform refuses: the meaning first, then the message, word for word.
import {
  AiwmService,
  Balancing,
  ClientTransport,
  RedisAdapterBackplane,
  Secret,
  Upstream,
  type NginxWsFrontendProps,
} from 'cdktf-aiwm';
import type { DockerSwarmPlatformProps } from 'cdktf-aiwm/docker';
import { Construct } from 'constructs';
import { SwarmSite } from '../../../support/docker/swarm-site';
import { FrontConf } from '../../../support/front/nginx-tree';
import { refusalOn } from '../../../support/stack/refusal';

const refusal = (build: (site: SwarmSite) => unknown): string =>
  refusalOn(SwarmSite.alone(), build).message;

const platform = (props: DockerSwarmPlatformProps) => refusal((site) => site.platform(props));
const front = (props: Partial<NginxWsFrontendProps>, on: DockerSwarmPlatformProps = {}) =>
  refusal((site) => {
    site.platform(on);
    return site.front(props);
  });

describe('properties of the platform', () => {
  test.each<[string, DockerSwarmPlatformProps]>([
    ['name', { name: 'Chat Room' }],
    ['host', { host: 'http://manager' }],
    ['subnet', { subnet: '10.77.1.0/24' }],
    ['nginxImage', { nginxImage: 'nginx 1.30' }],
    ['nginxVersion', { nginxImage: 'nginx:latest' }],
    ['publish.https', { publish: { https: 0 } }],
    ['publish.http', { publish: { https: 8080, http: 8080 } }],
    ['fronts', { fronts: 0 }],
    ['frontConstraints[0]', { frontConstraints: ['edge nodes'] }],
    ['frontDrain', { frontDrain: '2h' }],
    ['monitor', { monitor: '10ms' }],
    ['instanceUser', { instanceUser: 'node' }],
    ['writableFolders[0]', { writableFolders: [''] }],
  ])('%s', (property, props) => {
    expect(platform(props)).toMatch(
      new RegExp(`^Stack/Platform: ${property.replace(/[[\].]/g, '\\$&')}: `),
    );
    expect(platform(props)).toMatchSnapshot();
  });
});

describe('services', () => {
  test.each<[string, AiwmService]>([
    ['built by an engine, which has it alone', AiwmService.buildFrom('examples/chat-service')],
    ['a command', AiwmService.command(['node', 'server.js'])],
  ])('%s', (_, service) => {
    const message = refusal((site) => site.cluster({ service }));
    expect(message).toContain('AiwmService.image(');
    expect(message).toMatchSnapshot();
  });
});

describe('secrets', () => {
  test('from the environment, which the engine cannot read', () => {
    const secrets = { KEY: Secret.fromEnvironment('KEY') };
    expect(refusal((site) => site.cluster({ secrets }))).toMatchSnapshot();
  });

  test('whose file has a name that is taken', () => {
    const secrets = { KEY: Secret.fromFile('key') };
    const environment = { KEY_FILE: '/a' };
    expect(refusal((site) => site.cluster({ secrets, environment }))).toMatchSnapshot();
  });
});

describe('only one per platform', () => {
  test('front', () => {
    const message = refusal((site) => {
      const cluster = site.cluster();
      site.front({ cluster });
      new SwarmSite(new Construct(site.scope, 'Other')).front({ cluster });
    });
    expect(message).toMatchSnapshot();
  });

  test('Redis', () => {
    const message = refusal((site) => {
      site.backplane();
      new RedisAdapterBackplane(site.scope, 'Other', { platform: site.platform() });
    });
    expect(message).toMatchSnapshot();
  });
});

describe('fronts', () => {
  test('with an nginx that looks a name up once', () => {
    const message = front({}, { nginxImage: 'nginx:1.26' });
    expect(message).toContain('at least 1.27.3');
    expect(message).toMatchSnapshot();
  });

  test('with a drain that cannot be kept', () => {
    expect(front({ drainTimeout: '1h' })).toMatchSnapshot();
  });

  test('by ip_hash, which moves everybody when an instance starts', () => {
    const message = front({ balancing: Balancing.ipHash() }, { seesClientAddresses: true });
    expect(message).toMatch(/Balancing\.cookie\(\).*Balancing\.hash\("\$remote_addr"\)/);
    expect(message).toMatchSnapshot();
  });

  test('by ip_hash for long-polling beside a backplane', () => {
    const balancing = Balancing.roundRobin({ sessionAffinity: Balancing.ipHash() });
    expect(
      refusal((site) => {
        const cluster = site.cluster({ backplane: site.backplane() });
        return site.front({ cluster, balancing });
      }),
    ).toMatchSnapshot();
  });
});

describe('taken', () => {
  const conf = (props: Partial<NginxWsFrontendProps>, on: DockerSwarmPlatformProps = {}) => {
    const site = SwarmSite.alone();
    site.platform(on);
    return FrontConf.parse(site.front(props).configuration);
  };

  test.each<[string, DockerSwarmPlatformProps, string]>([
    ['a cookie by default', {}, 'sticky cookie aiwm_srv path=/ httponly secure samesite=lax'],
    [
      'the address where it is seen, hashed with the names of instances',
      { seesClientAddresses: true },
      'hash $aiwm_affinity_key consistent',
    ],
    [
      'a hashed cookie by an nginx without sticky, and names again',
      { nginxImage: 'nginx:1.28' },
      'hash $aiwm_affinity consistent',
    ],
  ])('%s', (_, on, method) => {
    expect(conf({}, on).method()).toEqual([method]);
  });

  test('rotation without affinity, where no session needs it', () => {
    const site = SwarmSite.alone();
    const cluster = site.cluster({ backplane: site.backplane() });
    const made = FrontConf.parse(
      site.front({ cluster, clientTransports: [ClientTransport.WEBSOCKET] }).configuration,
    );
    expect(made.method()).toEqual([]);
  });

  test('ip_hash before servers that have addresses', () => {
    const site = SwarmSite.alone();
    const made = FrontConf.parse(
      site.front({
        cluster: undefined,
        platform: site.platform({ seesClientAddresses: true, nginxImage: 'nginx:1.22' }),
        upstream: Upstream.servers(['10.0.0.1:3003', '[fd00::1]:3003']),
      }).configuration,
    );
    expect(made.method()).toEqual(['ip_hash']);
  });
});
