// What is legal and still worth a word.
import { Balancing, ClientTransport, TlsCertificate, type NginxWsFrontendProps } from 'cdktf-aiwm';
import { synthesize } from 'cdktf-aiwm/testing';
import { Site, servers } from '../support/stack/site';

function warned(build: (site: Site) => unknown): readonly string[] {
  return synthesize((stack) => void build(new Site(stack))).warnings;
}

const front =
  (props: Partial<NginxWsFrontendProps>) =>
  (site: Site): unknown =>
    site.front(props);

test('a plain stack is given none', () => {
  expect(
    warned((site) =>
      site.front({
        cluster: site.cluster({ backplane: site.backplane() }),
        tls: TlsCertificate.selfSigned(),
      }),
    ),
  ).toEqual([]);
});

test('nor is a service that marks its sessions, where nginx sees no addresses', () => {
  expect(
    warned((site) => {
      Object.assign(site.platform().traits, { seesClientAddresses: false });
      return site.front({ cluster: site.cluster({ marksSessionIds: true }) });
    }),
  ).toEqual([]);
});

test.each<[string, (site: Site) => unknown, string]>([
  [
    'one instance with a backplane',
    (site) => site.cluster({ instances: 1, backplane: site.backplane() }),
    'Stack/Aiwm: backplane: has no effect with a single instance, which has no other to exchange events with. Increase instances, or remove the backplane.',
  ],
  [
    'limits that this machine does not keep',
    (site) => site.cluster({ limits: { memory: '512m' } }),
    'Stack/Aiwm: limits: LocalPlatform does not enforce limits on memory and processors; other platforms do.',
  ],
  [
    'rotation without a backplane',
    front({ balancing: Balancing.roundRobin(), clientTransports: [ClientTransport.WEBSOCKET] }),
    'Stack/Frontend: Balancing.roundRobin() without a backplane: an event reaches only the clients of the instance that emits it, ' +
      'and a client that reconnects may reach an instance that does not know it. Give the cluster a RedisAdapterBackplane.',
  ],
  [
    'a cookie that nobody chose, for clients that may keep none',
    (site) => {
      Object.assign(site.platform().traits, { seesClientAddresses: false });
      return site.front({ cluster: site.cluster() });
    },
    'Stack/Frontend: Balancing.cookie() keeps only clients that store cookies on their instance. Node.js and native clients lose their ' +
      'long-polling session ("Session ID unknown"). Let the service begin its session ids with AIWM_SESSION_ID_PREFIX and set ' +
      'marksSessionIds: true; or set clientTransports: [ClientTransport.WEBSOCKET]; or let nginx see the addresses of clients.',
  ],
  [
    'a certificate that nobody believes, for everybody',
    (site) =>
      site.front({
        platform: site.platform({ addresses: ['0.0.0.0'] }),
        tls: TlsCertificate.selfSigned(),
      }),
    'Stack/Frontend: TlsCertificate.selfSigned() on a public platform: clients do not trust it. Use it for development only.',
  ],
  [
    'more connections than there are ports to one instance',
    front({
      expectedConnections: 60_000,
      upstream: servers(['10.0.0.1:1', '10.0.0.2:1', { address: '10.0.0.3:1', down: true }]),
    }),
    'Stack/Frontend: 60000 connections over 2 instance(s) are 30000 to each address and port, but Linux has only 28232 ports for them by default. ' +
      'Add instances, or widen net.ipv4.ip_local_port_range where nginx runs.',
  ],
  [
    'more connections than there are ports, with one socket of this machine beside them',
    front({
      expectedConnections: 60_000,
      upstream: servers(['10.0.0.1:1', 'unix:/run/a.sock']),
    }),
    'Stack/Frontend: 60000 connections over 2 instance(s) are 30000 to each address and port, but Linux has only 28232 ports for them by default. ' +
      'Add instances, or widen net.ipv4.ip_local_port_range where nginx runs.',
  ],
  [
    'ip_hash behind a proxy that is not named',
    front({ tls: TlsCertificate.terminatedUpstream() }),
    'Stack/Frontend: TLS is terminated in front of nginx, but no proxy is trusted: ip_hash sees only that proxy and sends all clients to one instance. ' +
      'List the proxy in trustedProxies.',
  ],
  [
    'trust in everybody',
    front({ trustedProxies: ['0.0.0.0/0'] }),
    'Stack/Frontend: trustedProxies: 0.0.0.0/0 trusts every client, so anyone can forge the address that limits and affinity rely on. ' +
      'List only your proxies.',
  ],
])('%s', (_, build, warning) => {
  expect(warned(build)).toEqual([warning]);
});

test.each<[string, (site: Site) => unknown]>([
  [
    'as many connections as there are ports',
    front({ expectedConnections: 28_232, upstream: servers(['10.0.0.1:1']) }),
  ],
  [
    'sockets of this machine, which need no ports',
    front({ expectedConnections: 500_000, upstream: servers(['unix:/run/a.sock']) }),
  ],
  [
    'a proxy that is named',
    front({ tls: TlsCertificate.terminatedUpstream(), trustedProxies: ['10.0.0.0/8'] }),
  ],
  [
    'affinity that does not go by the address, behind a proxy',
    front({ tls: TlsCertificate.terminatedUpstream(), balancing: Balancing.cookie() }),
  ],
])('no warning for %s', (_, build) => {
  expect(warned(build)).toEqual([]);
});
