import { AiwmRoutes, Balancing, ClientTransport, Errors, TlsCertificate } from 'cdktf-aiwm';
import { FrontConf } from '../support/front/nginx-tree';
import { Site, servers } from '../support/stack/site';

const { POLLING, WEBSOCKET } = ClientTransport;
const IP_HASH = 'ip_hash';
const KEYED = 'hash $aiwm_affinity_key consistent';
const COOKIE = 'hash $aiwm_affinity consistent';
/** What the front answers with instead of a configuration. */
const REFUSED = 'refused';

type Made = string | readonly [pool: string, sessionPool?: string];

/** Methods of the pools, or that it is refused. */
function made(
  backplane: boolean,
  clientTransports: ClientTransport[] | undefined,
  balancing: Balancing | undefined,
  routes?: AiwmRoutes,
): Made {
  let conf: FrontConf;
  try {
    conf = Site.alone().conf({
      upstream: servers(['10.0.0.1:1', '10.0.0.2:1'], { backplane }),
      clientTransports,
      balancing,
      routes,
      tls: TlsCertificate.selfSigned(),
    });
  } catch (error) {
    if (!Errors.isValidationError(error)) {
      throw error;
    }
    return REFUSED;
  }
  const method = (pool: string) => conf.method(pool).join(' + ') || 'round-robin';
  return conf.pools.includes('aiwm_backend_session')
    ? [method('aiwm_backend'), method('aiwm_backend_session')]
    : [method('aiwm_backend')];
}

const RR = Balancing.roundRobin();
const LEAST = Balancing.leastConnections();
const HASH = Balancing.hash('$http_x_session_id');
const BY_COOKIE = Balancing.cookie();
const RR_COOKIE = Balancing.roundRobin({ sessionAffinity: BY_COOKIE });
const LEAST_HASH = Balancing.leastConnections({ sessionAffinity: HASH });

describe.each<[string, ClientTransport[] | undefined]>([
  ['default transports', undefined],
  ['both transports', [POLLING, WEBSOCKET]],
  ['WebSocket first', [WEBSOCKET, POLLING]],
  ['long-polling alone', [POLLING]],
])('Socket.IO, %s', (_, transports) => {
  test.each<[string, Balancing | undefined, Made]>([
    ['nothing', undefined, [IP_HASH]],
    ['ipHash', Balancing.ipHash(), [IP_HASH]],
    ['hash', HASH, [KEYED]],
    ['cookie', BY_COOKIE, [COOKIE]],
    ['roundRobin', RR, REFUSED],
    ['leastConnections', LEAST, REFUSED],
    ['roundRobin with affinity', RR_COOKIE, REFUSED],
  ])('without a backplane, %s asked for', (_name, balancing, expected) => {
    expect(made(false, transports, balancing)).toEqual(expected);
  });

  test.each<[string, Balancing | undefined, Made]>([
    ['nothing', undefined, ['round-robin', IP_HASH]],
    ['roundRobin', RR, ['round-robin', IP_HASH]],
    ['leastConnections', LEAST, ['least_conn', IP_HASH]],
    ['roundRobin with affinity', RR_COOKIE, ['round-robin', COOKIE]],
    ['leastConnections with affinity', LEAST_HASH, ['least_conn', KEYED]],
    ['ipHash', Balancing.ipHash(), [IP_HASH]],
    ['hash', HASH, [KEYED]],
    ['cookie', BY_COOKIE, [COOKIE]],
  ])('with a backplane, %s asked for', (_name, balancing, expected) => {
    expect(made(true, transports, balancing)).toEqual(expected);
  });
});

describe.each<[string, ClientTransport[] | undefined, AiwmRoutes | undefined]>([
  ['Socket.IO by WebSocket alone', [WEBSOCKET], undefined],
  ['a plain WebSocket path', undefined, AiwmRoutes.webSocketOnly('/ws')],
])('%s has one pool', (_, transports, routes) => {
  test.each<[string, boolean, Balancing | undefined, Made]>([
    ['no backplane, nothing', false, undefined, [IP_HASH]],
    ['no backplane, roundRobin', false, RR, ['round-robin']],
    ['no backplane, leastConnections', false, LEAST, ['least_conn']],
    ['no backplane, cookie', false, BY_COOKIE, [COOKIE]],
    ['a backplane, nothing', true, undefined, ['round-robin']],
    ['a backplane, leastConnections', true, LEAST, ['least_conn']],
    ['a backplane, affinity that is not needed', true, RR_COOKIE, ['round-robin']],
    ['a backplane, ipHash', true, Balancing.ipHash(), [IP_HASH]],
  ])('%s', (_name, backplane, balancing, expected) => {
    expect(made(backplane, transports, balancing, routes)).toEqual(expected);
  });
});

test('a cluster’s backplane is enough to change it', () => {
  const site = Site.alone();
  const conf = site.conf({ cluster: site.cluster({ backplane: site.backplane() }) });
  expect(conf.method('aiwm_backend')).toEqual([]);
  expect(conf.method('aiwm_backend_session')).toEqual([IP_HASH]);
  const without = Site.alone();
  const plain = without.conf({ cluster: without.cluster() });
  expect(plain.pools).not.toContain('aiwm_backend_session');
  expect(plain.method()).toEqual([IP_HASH]);
});

test('a refusal names its reason and both remedies', () => {
  expect(() => Site.alone().front({ balancing: RR })).toThrow(
    'Stack/Frontend: balancing: Balancing.roundRobin() is not safe with clientTransports [polling, websocket] and no backplane:\n' +
      'a polling client\'s requests would reach instances that do not know its session ("Session ID unknown", HTTP 400).\n' +
      'Give the cluster a RedisAdapterBackplane, or set clientTransports: [ClientTransport.WEBSOCKET].',
  );
});
