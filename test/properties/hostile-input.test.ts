// Every text that a user can hand in, with what must never become syntax: it is refused, with the construct and the
// property named, or it is nothing but data in the place that it was meant for.
import { relative, resolve } from 'node:path';
import { Testing, type TerraformElement } from 'cdktf';
import {
  AccessLog,
  AiwmRoutes,
  AiwmService,
  Balancing,
  ClientTransport,
  ErrorPages,
  Errors,
  RedisAdapterBackplane,
  RedisEngine,
  SameSite,
  Secret,
  TlsCertificate,
  type AiwmClusterProps,
  type NginxWsFrontend,
  type NginxWsFrontendProps,
  type SocketIoRoutes,
  type AffinityCookieOptions,
  type JsonErrorPages,
  type UpstreamOptions,
} from 'cdktf-aiwm';
import type { LocalPlatformProps } from 'cdktf-aiwm/local';
import fc from 'fast-check';
import type { IConstruct } from 'constructs';
import { parse, type ParsedDirective } from '../../lib/nginx/parse';
import { Estate, servers, type Site } from '../support/stack/site';

const CASES = 5000;

/** One place where a text can be handed in. */
interface Place {
  /** What an error calls it. */
  readonly property: string;
  /** A text that is fine there, for comparison. */
  readonly harmless: string;
  readonly build: (site: Site, text: string) => Built;
}

/** What came of it, and where the text must be found. */
interface Built {
  readonly front?: NginxWsFrontend;
  readonly data?: Data;
}

/** A text that stands in a resource. */
interface Data {
  readonly resource: TerraformElement;
  readonly at: readonly string[];
  readonly value: string;
}

type Props = Partial<NginxWsFrontendProps>;

const inFront = (
  property: string,
  harmless: string,
  props: (text: string, site: Site) => Props,
): Place => ({
  property,
  harmless,
  build: (site, text) => ({ front: site.front(props(text, site)) }),
});

const inCluster = (
  property: string,
  harmless: string,
  props: (text: string, site: Site) => Partial<AiwmClusterProps>,
  at?: readonly string[],
  value: (text: string) => string = (text) => text,
): Place => ({
  property,
  harmless,
  build: (site, text) => {
    const cluster = site.cluster({ instances: 1, ...props(text, site) });
    return { data: at && dataOf(cluster, 'Instance1', at, value(text)) };
  },
});

const inPlatform = (
  property: string,
  harmless: string,
  props: (text: string) => LocalPlatformProps,
  child: 'Redis' | 'Nginx' | 'Host',
  at: readonly string[],
): Place => ({
  property,
  harmless,
  build: (site, text) => {
    const platform = site.platform(props(text));
    const parent = {
      Redis: () => site.backplane(),
      Nginx: () => site.front(),
      Host: () => platform,
    };
    const program = at[0] === 'executable' && !text.includes('/');
    const value = program ? text : fromStack(text);
    return { data: dataOf(parent[child](), child, at, value) };
  },
});

function dataOf(parent: IConstruct, child: string, at: readonly string[], value: string): Data {
  const path =
    child === 'Host'
      ? at
      : ['triggers_replace', ...(at[0]!.endsWith('sha256') ? [] : ['specification']), ...at];
  return { resource: parent.node.findChild(child) as TerraformElement, at: path, value };
}

/** Paths stand in the stack as they are reached from its folder. */
function fromStack(path: string): string {
  return path.startsWith('/') ? path : relative(resolve('cdktf.out/stacks/Stack'), resolve(path));
}

const routes = (options: Partial<SocketIoRoutes>): Props => ({
  routes: AiwmRoutes.socketIo({ webSocket: '/ws', ...options }),
});
const cookie = (options: AffinityCookieOptions): Props => ({
  balancing: Balancing.cookie(options),
});
const upstream = (options: UpstreamOptions): Props => ({
  upstream: servers(['10.0.0.1:1'], options),
});
const page = (options: JsonErrorPages): Props => ({
  errorPages: ErrorPages.json(options),
  limits: { connectionsPerClient: 1 },
  allowedOrigins: ['https://a.example'],
});
const tls = { tls: TlsCertificate.selfSigned() };

const FRONT: Place[] = [
  inFront('serverName', 'a.example', (serverName) => ({ serverName })),
  inFront('alternativeNames[1]', 'a.example', (text) => ({
    alternativeNames: ['b.example', text],
  })),
  inFront('upstream.servers[1]', '10.0.0.1:1', (text) => ({
    upstream: servers(['10.0.0.9:9', { address: text, weight: 2 }]),
  })),
  inFront('upstream.enginePath', '/e', (enginePath) => upstream({ enginePath })),
  inFront('upstream.healthPath', '/h', (healthPath) => upstream({ healthPath })),
  inFront('routes.webSocket', '/a', (webSocket) => routes({ webSocket })),
  inFront('routes.webSocket', '/a', (text) => ({ routes: AiwmRoutes.webSocketOnly(text) })),
  inFront('routes.rest', '/a', (rest) => routes({ rest })),
  inFront('routes.health', '/a', (health) => routes({ health })),
  inFront('balancing.key', '$arg_a', (text) => ({ balancing: Balancing.hash(text) })),
  inFront('balancing.key', '$arg_a', (text) => ({
    ...upstream({ backplane: true }),
    balancing: Balancing.roundRobin({ sessionAffinity: Balancing.hash(text) }),
  })),
  inFront('balancing.name', 'a', (name) => cookie({ name })),
  inFront('balancing.path', '/', (path) => cookie({ path })),
  inFront('balancing.domain', 'a.example', (domain) => cookie({ domain })),
  inFront('balancing.maxAge', '1h', (maxAge) => cookie({ maxAge })),
  inFront('balancing.sameSite', 'lax', (text) => cookie({ sameSite: text as SameSite })),
  inFront('clientTransports[0]', 'polling', (text) => ({
    clientTransports: [text as ClientTransport],
  })),
  inFront('failover.failTimeout', '1s', (failTimeout) => ({ failover: { failTimeout } })),
  inFront('failover.connectTimeout', '1s', (connectTimeout) => ({ failover: { connectTimeout } })),
  inFront('timeouts.webSocket', '1h', (webSocket) => ({ timeouts: { webSocket } })),
  inFront('timeouts.rest', '1h', (rest) => ({ timeouts: { rest } })),
  inFront('limits.key', '$arg_a', (key) => ({ limits: { key, handshakesPerSecond: 1 } })),
  inFront('allowedOrigins[1]', 'https://b.example', (text) => ({
    allowedOrigins: ['https://a.example', text],
  })),
  inFront('trustedProxies[0]', '10.0.0.1', (text) => ({ trustedProxies: [text] })),
  inFront('accessLog', 'readable', (text) => ({ accessLog: text as AccessLog })),
  inFront('errorPages.unavailable', '1', (unavailable) => page({ unavailable })),
  inFront('errorPages.tooManyConnections', '1', (text) => page({ tooManyConnections: text })),
  inFront('errorPages.originRefused', '1', (originRefused) => page({ originRefused })),
  inFront('errorPages.unavailable', 'x', (text) =>
    page({ unavailable: JSON.stringify({ error: text }) }),
  ),
  inFront('maxBodySize', '1m', (maxBodySize) => ({ maxBodySize })),
  inFront('hsts.maxAge', '1d', (maxAge) => ({ ...tls, hsts: { maxAge } })),
  inFront('drainTimeout', '1h', (drainTimeout) => ({ drainTimeout })),
  inFront('nginxVersion', '1.22', (nginxVersion) => ({ nginxVersion })),
  inFront('nginxVersion', '1.22', (nginxVersion, site) => ({
    platform: site.platform({ nginxVersion }),
  })),
  // In quotes, as a careful user writes it: what is inside is data.
  ...(['server', 'webSocket', 'rest'] as const).map((context) =>
    inFront(`directives.${context}[0]`, 'x', (text) => ({
      directives: { [context]: [`add_header X-Own "${text.replace(/["\\]/g, '\\$&')}";`] },
    })),
  ),
];

const environment = (name: string) => ['environment', name];
const seconds = { interval: '1s', timeout: '1s' };

const CLUSTER: Place[] = [
  inCluster(
    'enginePath',
    '/a/',
    (enginePath) => ({ enginePath }),
    environment('AIWM_ENGINE_PATH'),
    (text) => text.replace(/\/?$/, '/'),
  ),
  inCluster('environment.X', 'x', (X) => ({ environment: { X } }), environment('X')),
  inCluster('environment[', 'X', (name) => ({ environment: { [name]: 'x' } })),
  inCluster('secrets[', 'X', (name) => ({ secrets: { [name]: Secret.fromFile('x') } })),
  inCluster(
    'secrets.X',
    'x',
    (text) => ({ secrets: { X: Secret.fromFile(text) } }),
    ['secrets', 'X', 'path'],
    fromStack,
  ),
  inCluster('secrets.X', 'X', (text) => ({ secrets: { X: Secret.fromEnvironment(text) } }), [
    'secrets',
    'X',
    'name',
  ]),
  inCluster('secrets.X', 'redis', (text) => ({ secrets: { X: Secret.ofPlatform(text, 'x') } })),
  inCluster('health.path', '/a', (path) => ({ health: { path } }), ['health', 'path']),
  inCluster('health.interval', '1s', (interval) => ({ health: { interval } })),
  inCluster('health.timeout', '1s', (timeout) => ({ health: { timeout } })),
  inCluster('health.startTimeout', '1s', (startTimeout) => ({ health: { startTimeout } })),
  inCluster('heartbeat.interval', '1s', (interval) => ({ heartbeat: { ...seconds, interval } })),
  inCluster('heartbeat.timeout', '1s', (timeout) => ({ heartbeat: { ...seconds, timeout } })),
  inCluster('stopGrace', '1s', (stopGrace) => ({ stopGrace })),
  inCluster('limits.memory', '1g', (memory) => ({ limits: { memory } })),
  inCluster('drained[0]', '2', (text) => ({ instances: 2, drained: [text] })),
  inCluster(
    'service.command[1]',
    'x',
    (text) => ({ service: AiwmService.command(['node', text]) }),
    ['command', '1'],
  ),
  inCluster(
    'service.workingDirectory',
    'x',
    (workingDirectory) => ({ service: AiwmService.command(['node'], { workingDirectory }) }),
    ['workingDirectory'],
    fromStack,
  ),
  inCluster(
    'service.version',
    'x',
    (version) => ({ service: AiwmService.command(['node'], { version }) }),
    ['revision'],
  ),
  inCluster('service', '', (image) => ({ service: AiwmService.image(image) })),
  inCluster(
    'url',
    'redis://a',
    (url, { scope }) => ({
      backplane: RedisAdapterBackplane.fromUrl(scope, 'Backplane', { url }),
    }),
    environment('REDIS_URL'),
  ),
  inCluster(
    'secrets.REDIS_URL',
    'x',
    (text, { scope }) => ({
      backplane: RedisAdapterBackplane.fromUrl(scope, 'Backplane', {
        secret: Secret.fromFile(text),
      }),
    }),
    ['secrets', 'REDIS_URL', 'path'],
    fromStack,
  ),
];

const OTHERS: Place[] = [
  inPlatform('stateDir', 'x', (stateDir) => ({ stateDir }), 'Host', ['input', 'state_dir']),
  inPlatform('nginx', 'x', (nginx) => ({ nginx }), 'Nginx', ['executable']),
  inPlatform('redisServer', 'x', (redisServer) => ({ redisServer }), 'Redis', ['executable']),
  inFront('addresses[0]', '127.0.0.2', (address, site) => ({
    platform: site.platform({ addresses: [address] }),
  })),
  {
    property: 'maxMemory',
    harmless: '1m',
    build: (site, maxMemory) => ({
      data: dataOf(site.backplane({ maxMemory }), 'Redis', ['maxMemory'], `${maxMemory}b`),
    }),
  },
  {
    property: 'engine',
    harmless: 'redis',
    build: (site, text) => {
      site.backplane({ engine: text as RedisEngine });
      return {};
    },
  },
  {
    property: 'password',
    harmless: 'x',
    build: (site, text) => ({
      data: dataOf(
        site.backplane({ password: Secret.fromFile(text) }),
        'Redis',
        ['password', 'path'],
        fromStack(text),
      ),
    }),
  },
  ...(['certificate', 'key'] as const).flatMap((which): Place[] => {
    const files = (text: string) =>
      which === 'key'
        ? TlsCertificate.fromFiles('cert.pem', text)
        : TlsCertificate.fromFiles(text, 'key.pem');
    const at = [['certificate', which], [`${which}_sha256`]];
    return at.map((path) => ({
      property: `tls.${which}File`,
      harmless: 'x',
      build: (site, text) => {
        const expected = fromStack(text);
        const hash = `\${try(filesha256("${expected.replace(/["\\]/g, '\\$&')}"), "")}`;
        return {
          data: dataOf(
            site.front({ tls: files(text) }),
            'Nginx',
            path,
            path.length === 1 ? hash : expected,
          ),
        };
      },
    }));
  }),
];

const PLACES = [...FRONT, ...CLUSTER, ...OTHERS];

/** What has a meaning to nginx, to Terraform, to a shell, to a terminal, or to cdktf. */
const NASTY = [
  ...';{}"\'\\#$%`|&<>*?!~()[]= \t\n\r',
  '\r\n',
  '${',
  '%{',
  '${var.x}',
  '%{ if true }',
  '$${',
  '#{TOKEN[0]}',
  '#{TkN[TOKEN.0]}',
  '&{TkN[TOKEN.0]}',
  '\0',
  '\u0007',
  '\u001b[2J',
  '\u007f',
  '\u0085',
  '\u00a0',
  '\u2028',
  '\u2029',
  '\ufeff',
  '\ue000',
  '\ue0000\ue001',
  '\u202e',
  'ü',
  '💥',
  '; } server { listen 80; ',
  '"; return 200; "',
  "'; rm -rf /; '",
  '$(id)',
  '$http_authorization',
  '\\n',
  '\\"',
  '\\',
  '../../..',
  '/',
  '//',
  '..',
  '@',
  '%00',
  'x'.repeat(5000),
  'ü'.repeat(2500),
  '1e3',
  '-1',
  '',
];

const hostile = (harmless: string): fc.Arbitrary<string> => {
  const nasty = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...NASTY) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
  );
  const around = fc.constantFrom('', 'x', harmless, harmless.slice(0, -1));
  return fc
    .tuple(around, nasty, fc.constantFrom('', 'x', harmless), nasty)
    .chain((parts) =>
      fc.constantFrom(parts.join(''), parts.slice(0, 2).join(''), parts.slice(0, 3).join('')),
    );
};

const attack = fc
  .constantFrom(...PLACES)
  .chain((place) => fc.record({ place: fc.constant(place), text: hostile(place.harmless) }));

/** Fronts are compared as texts; only what has another place in the stack is synthesized at the end. */
const fronts = new Estate();
const others = new Estate();
const shapes = new Map<Place, unknown>();
const found: Data[] = [];

/** The tree without its words, which is what no word may change. */
function shape(directives: readonly ParsedDirective[], isMap = false): unknown {
  return directives
    .filter(({ name }) => !name.endsWith('_hash_bucket_size'))
    .map(({ name, args, block }) => [
      isMap ? '' : name,
      args.length,
      block && shape(block, name === 'map'),
    ]);
}

/** What a front with a harmless text in the same place looks like. */
function usualShape(place: Place): unknown {
  if (!shapes.has(place)) {
    const { front } = fronts.build((site) => place.build(site, place.harmless));
    shapes.set(place, shape(parse(front!.configuration)));
  }
  return shapes.get(place);
}

/** What the place does with the text: a refusal in the words of the library, or what it built. */
function attempt({ place, text }: { place: Place; text: string }): Built | Error {
  try {
    return (FRONT.includes(place) ? fronts : others).build((site) => place.build(site, text));
  } catch (error) {
    return error as Error;
  }
}

test.each(PLACES.map((place) => [place.property, place] as const))(
  '%s takes a harmless text',
  (property, place) => {
    // An image is refused by this platform whatever it is called.
    if (property !== 'service') {
      expect(attempt({ place, text: place.harmless })).not.toBeInstanceOf(Error);
    }
  },
);

test(`${CASES} hostile texts are refused by name, or are data`, () => {
  fc.assert(
    fc.property(attack, (attacked) => {
      const { place } = attacked;
      const result = attempt(attacked);
      if (result instanceof Error) {
        expect(Errors.isValidationError(result)).toBe(true);
        expect(result.message).toMatch(/^Stack\/\d+\/\w+: /);
        const { property } = result as Error & { property: string };
        // Of a variable, the name is a part of it.
        const named = property.replace(/\[".*/s, '[');
        expect(named).toBe(place.property);
        expect(result.message).toContain(`: ${place.property}`);
        // eslint-disable-next-line no-control-regex -- what would confuse a terminal
        expect(result.message).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/);
        return;
      }
      const { front, data } = result;
      if (front !== undefined) {
        expect(front.configuration).not.toMatch(/[$%]\{/);
        // The root as a route is one location where others are two, and that is meant.
        if (!(place.property.startsWith('routes.') && attacked.text === '/')) {
          expect(shape(parse(front.configuration))).toEqual(usualShape(place));
        }
      }
      if (data !== undefined) {
        found.push(data);
      }
    }),
    { numRuns: CASES },
  );
});

test('what was accepted stands in the stack as it was written, in its place alone', () => {
  expect(found.length).toBeGreaterThan(100);
  const resource = { terraform_data: {} as Record<string, object> };
  for (const stack of others.stacks) {
    const { resource: part } = JSON.parse(Testing.synth(stack)) as { resource: typeof resource };
    Object.assign(resource.terraform_data, part.terraform_data);
  }
  for (const { resource: element, at, value } of found) {
    const stands = at.reduce<unknown>(
      (object, key) => (object as Record<string, unknown>)[key],
      resource.terraform_data[element.friendlyUniqueId],
    );
    expect(stands).toBe(value);
  }
  const templates = JSON.stringify(resource).match(/[$%]\{[\w.]*/g) ?? [];
  expect([...new Set(templates)].sort()).toEqual([
    '${jsonencode',
    '${path.module',
    '${self.output.state_dir',
    '${try',
  ]);
});
