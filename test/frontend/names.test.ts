// Which servers are looked up again, and what is refused of names.
import { TerraformVariable } from 'cdktf';
import {
  Balancing,
  ClientTransport,
  type NginxWsFrontendProps,
  type UpstreamOptions,
  type UpstreamServer,
} from 'cdktf-aiwm';
import { synthesize } from 'cdktf-aiwm/testing';
import { FrontConf } from '../support/front/nginx-tree';
import { AwsSite } from '../support/aws/aws-site';
import { DockerSite } from '../support/docker/docker-site';
import { refusalOn } from '../support/stack/refusal';
import { servers, Site } from '../support/stack/site';

const NAME = 'aiwm-1.example.internal:3003';
const SEVERAL: UpstreamServer = { address: NAME, severalInstances: true };

type Options = Partial<NginxWsFrontendProps> & {
  readonly resolver?: string;
  readonly upstreamOptions?: UpstreamOptions;
};

const late = (site: Site) =>
  new TerraformVariable(site.scope, 'Late', { type: 'string' }).stringValue;

/** A front of a LocalPlatform with a name server and nginx 1.30, unless it is said otherwise. */
function build(
  site: Site,
  list: (string | UpstreamServer)[],
  { resolver = '192.168.1.1', upstreamOptions, ...props }: Options = {},
) {
  return site.front({
    platform: site.platform({ nginxVersion: '1.30', resolver: resolver || undefined }),
    upstream: servers(list, upstreamOptions),
    ...props,
  });
}

const conf = (list: (string | UpstreamServer)[], options?: Options) =>
  FrontConf.parse(build(Site.alone(), list, options).configuration);

const refusal = (list: (string | UpstreamServer)[], options?: Options) =>
  refusalOn(Site.alone(), (site) => build(site, list, options)).message;

const warnings = (list: (string | UpstreamServer)[], options?: Options) =>
  synthesize((stack) => void build(new Site(stack), list, options)).warnings.join('\n');

const followed = (made: FrontConf) =>
  made
    .pool()
    .all('server')
    .filter((args) => args.includes('resolve'))
    .map(([address]) => address);

describe('looked up again', () => {
  test('are names, and neither addresses nor this machine', () => {
    const made = conf([NAME, '10.0.0.1:1', '[fd00::a]:1', 'unix:/run/a.sock', 'localhost:3003']);
    expect(followed(made)).toEqual([NAME]);
    expect(made.http.value('resolver')).toBe('192.168.1.1 valid=3s ipv6=off');
  });

  test('is no name of which it is said', () => {
    const made = conf([{ address: NAME, resolve: false }, '10.0.0.1:1']);
    expect(followed(made)).toEqual([]);
    expect(made.http.has('resolver')).toBe(false);
    expect(made.method()).toEqual(['ip_hash']);
  });

  test('is a name in which a part is known only at apply; what is known only then if that is said', () => {
    const site = Site.alone();
    const token = late(site);
    const { configuration } = build(site, [
      `aiwm-1.${token}:3003`,
      `${token}:3003`,
      { address: `${token}:3004`, resolve: true },
    ]);
    const again = configuration.matchAll(/server "(\S+)" resolve/g);
    expect(new Set([...again].map(([, address]) => address))).toEqual(
      new Set([`aiwm-1.${token}:3003`, `${token}:3004`]),
    );
  });

  test('is none without a name server', () => {
    expect(followed(conf([NAME, '10.0.0.1:1'], { resolver: '' }))).toEqual([]);
    expect(warnings([NAME, '10.0.0.1:1'], { resolver: '' })).toBe('');
  });

  test('is none by an older nginx, which is a warning', () => {
    const options = { nginxVersion: '1.26' };
    expect(followed(conf([NAME, '10.0.0.1:1'], options))).toEqual([]);
    expect(warnings([NAME, '10.0.0.1:1'], options)).toMatch(
      /nginx looks up aiwm-1\.example\.internal:3003 only when it reloads.*1\.26.*1\.27\.3/,
    );
    expect(warnings([{ address: NAME, resolve: false }, '10.0.0.1:1'], options)).toBe('');
  });

  test('by the name server of the platform', () => {
    const upstream = servers([NAME, 'aiwm-2.example.internal:3003']);
    const docker = (hostNetwork: boolean) => {
      const site = DockerSite.alone();
      const platform = site.platform({ hostNetwork });
      return FrontConf.parse(
        site.front({ cluster: undefined, platform, upstream }).configuration,
      ).http.all('resolver');
    };
    expect(docker(false)).toEqual([['127.0.0.11', 'valid=3s', 'ipv6=off']]);
    expect(docker(true)).toEqual([]);
  });
});

test('on AWS it is the VPC’s', () => {
  const site = AwsSite.alone();
  const { resolver, resolverValid } = site.platform().nginxLayout(site.scope);
  expect({ resolver, resolverValid }).toEqual({ resolver: '169.254.169.253', resolverValid: '3s' });
});

describe('affinity', () => {
  test('goes by names where they are followed', () => {
    expect(conf([NAME, 'b.example.internal:1']).method()).toEqual([
      'hash $aiwm_affinity_key consistent',
    ]);
    expect(refusal([NAME, 'b.example.internal:1'], { balancing: Balancing.ipHash() })).toMatch(
      /balancing: Balancing\.ipHash\(\) depends on the order of addresses/,
    );
  });

  test('is a cookie where several instances share a name, and nginx asks them', () => {
    const made = conf([SEVERAL]);
    expect(made.method().join(' ')).toMatch(/^sticky cookie /);
    expect(made.pools).toContain('aiwm_backend_unasked');
    expect(conf([{ address: NAME, severalInstances: false }]).pools).not.toContain(
      'aiwm_backend_unasked',
    );
  });

  test('is none where clients need none', () => {
    const made = conf([SEVERAL], {
      upstreamOptions: { backplane: true },
      clientTransports: [ClientTransport.WEBSOCKET],
    });
    expect(made.method()).toEqual([]);
  });

  test.each<[string, Options, RegExp]>([
    ['a hash', { balancing: Balancing.hash('$http_x_session_id') }, /: balancing: a hash chooses/],
    [
      'a hash for long-polling',
      {
        upstreamOptions: { backplane: true },
        balancing: Balancing.roundRobin({ sessionAffinity: Balancing.hash('$remote_addr') }),
      },
      /: balancing\.sessionAffinity: a hash chooses/,
    ],
    ['the number of a place', { upstreamOptions: { marksSessionIds: true } }, /severalInstances: /],
    ['an nginx without a cookie for it', { nginxVersion: '1.28' }, /: nginxVersion: .*1\.29\.6/s],
  ])('by %s is refused where several instances share a name', (_, options, message) => {
    expect(refusal([SEVERAL], options)).toMatch(message);
  });

  test('over a single name is a warning, until it is said what that stands for', () => {
    expect(warnings([NAME])).toMatch(/severalInstances: true.*severalInstances: false/s);
    expect(warnings([{ address: NAME, severalInstances: false }])).toBe('');
    expect(warnings([NAME], { upstreamOptions: { marksSessionIds: true } })).toBe('');
    expect(warnings([NAME, 'b.example.internal:1'])).toBe('');
  });
});

describe('refused', () => {
  test.each<[string, (string | UpstreamServer)[], Options, RegExp]>([
    [
      'a lookup of an address',
      [{ address: '10.0.0.1:1', resolve: true }],
      {},
      /upstream\.servers\[0\]\.resolve: 10\.0\.0\.1:1 is an address/,
    ],
    [
      'several instances behind an address',
      [NAME, { address: '10.0.0.1:1', severalInstances: true }],
      {},
      /upstream\.servers\[1\]\.severalInstances: 10\.0\.0\.1:1 is an address/,
    ],
    [
      'a lookup without a name server',
      [{ address: NAME, resolve: true }],
      { resolver: '' },
      /upstream\.servers\[0\]\.resolve: nginx on LocalPlatform has no name server/,
    ],
    [
      'a lookup by an nginx that cannot',
      [{ address: NAME, resolve: true }],
      { nginxVersion: '1.26' },
      /nginxVersion: "1\.26" is too old/,
    ],
  ])('%s', (_, list, options, message) => {
    expect(refusal(list, options)).toMatch(message);
  });

  test.each(['ns.example.org', '1.2.3.4:0', '::1', '[10.0.0.1]:53', '10.0.0.1;', ''])(
    'the name server %j',
    (resolver) => {
      expect(refusalOn(Site.alone(), (site) => site.platform({ resolver })).message).toMatch(
        /resolver: .* is not the address of a name server/,
      );
    },
  );

  test.each(['10.0.0.1', '10.0.0.1:5353', '[::1]', '[fd00::a]:5353'])(
    'but not the name server %j',
    (resolver) => {
      expect(conf([NAME], { resolver }).http.value('resolver')).toContain(resolver);
    },
  );
});
