import { conf } from '../support/front/intent';
import type { Block } from '../support/front/nginx-tree';

function listeners(server: Block): string[] {
  return server.all('listen').map((args) => args.join(' '));
}

describe('TLS served here', () => {
  const result = conf({ serverNames: ['a.example.org', 'b.example.org', '*.c.example.org'] });
  const [refusal, httpRefusal, redirect, front, status] = result.servers;

  test('a name that is not ours gets no certificate, and in the Host header 421', () => {
    expect(listeners(refusal!)).toEqual(['127.0.0.1:8443 ssl default_server']);
    expect(refusal!.value('ssl_reject_handshake')).toBe('on');
    expect(refusal!.value('return')).toBe('421');
  });

  test('and decides the rest of TLS, for OpenSSL comes to it before the name is known', () => {
    const settings = ({ directives }: Block) =>
      directives
        .filter(({ name }) => /^ssl_(protocols|ciphers|prefer|session)/.test(name))
        .map(({ name, args }) => [name, ...args]);
    expect(settings(refusal!)).toEqual(settings(front!));
    expect(settings(front!)).toHaveLength(6);
  });

  test('over plain HTTP it gets no answer, and is not logged', () => {
    expect(listeners(httpRefusal!)).toEqual(['127.0.0.1:8080 default_server']);
    expect(httpRefusal!.value('return')).toBe('444');
    expect(httpRefusal!.value('access_log')).toBe('off');
  });

  test('our names are sent to https, with the port that clients use', () => {
    expect(listeners(redirect!)).toEqual(['127.0.0.1:8080']);
    expect(redirect!.value('server_name')).toBe('a.example.org b.example.org *.c.example.org');
    expect(redirect!.value('return')).toBe('308 https://$host:8443$request_uri');
    const usual = conf({ layout: { publicHttpsPort: 443 } });
    expect(usual.servers[2]!.value('return')).toBe('308 https://$host$request_uri');
  });

  test('the front serves our names with today’s TLS', () => {
    expect(front!.value('server_name')).toBe('a.example.org b.example.org *.c.example.org');
    expect(front!.value('ssl_certificate')).toBe('tls/certificate.pem');
    expect(front!.value('ssl_certificate_key')).toBe('tls/key.pem');
    expect(front!.value('ssl_protocols')).toBe('TLSv1.2 TLSv1.3');
    expect(front!.value('ssl_ciphers')).not.toMatch(/CBC|SHA(?!256|384)|RC4|DES|(^|:)AES/);
    expect(front!.value('ssl_session_tickets')).toBe('off');
    expect(front!.value('ssl_session_cache')).toBe('shared:aiwm_tls:10m');
  });

  test('the platform can ask for the release and the live counts', () => {
    expect(listeners(status!)).toEqual(['unix:status.sock']);
    expect(status!.block('location', '=', '/release').value('include')).toBe('release.conf');
    expect(status!.block('location', '=', '/connections').has('stub_status')).toBe(true);
    expect(status!.block('location', '/').value('return')).toBe('404');
  });
});

test.each(['none', 'terminated-upstream'] as const)('TLS %s: plain HTTP alone', (tls) => {
  const result = conf({ tls });
  expect(result.servers).toHaveLength(3);
  expect(listeners(result.servers[0]!)).toEqual(['127.0.0.1:8080 default_server']);
  expect(listeners(result.front)).toEqual(['127.0.0.1:8080 so_keepalive=60s:15s:4']);
  expect(result.deep().filter(({ name }) => /^(ssl_|http2$)/.test(name))).toEqual([]);
  expect(result.servers.some((server) => server.all('return').flat().includes('308'))).toBe(false);
});

test('a platform may listen on several addresses, and on no plain HTTP at all', () => {
  const result = conf({ layout: { httpsListen: ['443', '[::]:443'], httpListen: [] } });
  expect(result.servers.map(listeners)).toEqual([
    ['443 ssl default_server', '[::]:443 ssl default_server'],
    ['443 ssl http2 so_keepalive=60s:15s:4', '[::]:443 ssl http2 so_keepalive=60s:15s:4'],
    ['unix:status.sock'],
  ]);
});

test('a platform may have no use for the status page', () => {
  const without = conf({ layout: { statusListen: undefined, releaseFile: undefined } });
  expect(without.servers).toHaveLength(4);
  const counts = conf({ layout: { releaseFile: undefined } }).servers[4]!;
  expect(counts.all('location')).toEqual([['=', '/connections'], ['/']]);
});

describe('HTTP/2', () => {
  test.each(['1.19.4', '1.22', '1.25.0'])('nginx %s: a word of listen', (version) => {
    const { front } = conf({ version });
    expect(listeners(front)).toEqual(['127.0.0.1:8443 ssl http2 so_keepalive=60s:15s:4']);
    expect(front.has('http2')).toBe(false);
  });

  test.each(['1.25.1', '1.29.5', '1.29.6', '1.30'])('nginx %s: a directive', (version) => {
    const { front } = conf({ version });
    expect(listeners(front)).toEqual(['127.0.0.1:8443 ssl so_keepalive=60s:15s:4']);
    expect(front.value('http2')).toBe('on');
  });

  test.each(['1.22', '1.30'])('not offered to clients of nginx %s when it is off', (version) => {
    const { front } = conf({ version, http2: false });
    expect(listeners(front)).toEqual(['127.0.0.1:8443 ssl so_keepalive=60s:15s:4']);
    expect(front.has('http2')).toBe(false);
  });
});

describe("behind the platform's own load balancer", () => {
  const layout = {
    httpsListen: ['8443'],
    httpListen: ['8080'],
    publicHttpsPort: 443,
    entry: { terminatedListen: ['8444'], healthListen: '8082' },
  };

  test('that speaks TLS: a way in for its clients, and a redirect for the others', () => {
    const result = conf({ layout, tls: 'terminated-upstream' });
    const [refusal, redirect, front, health] = result.servers;
    expect(listeners(refusal!)).toEqual(['8444 default_server', '8080 default_server']);
    expect(refusal!.value('return')).toBe('444');
    expect(listeners(redirect!)).toEqual(['8080']);
    expect(redirect!.value('return')).toBe('308 https://$host$request_uri');
    expect(listeners(front!)).toEqual(['8444 so_keepalive=60s:15s:4']);
    expect(listeners(health!)).toEqual(['8082']);
  });

  test('that sends requests of many clients over one connection: nginx neither ends nor closes it first', () => {
    const entry = { ...layout.entry, reuseTimeoutMs: 60_500 };
    const result = conf({
      layout: { ...layout, httpsListen: [], httpListen: [], entry },
      tls: 'terminated-upstream',
    });
    const [refusal, front, health] = result.servers;
    expect(listeners(refusal!)).toEqual(['8444 default_server']);
    expect(refusal!.value('return')).toBe('421');
    expect(listeners(front!)).toEqual(['8444 so_keepalive=60s:15s:4']);
    expect(front!.value('keepalive_timeout')).toBe('76s');
    expect(listeners(health!)).toEqual(['8082']);
    const others = conf({ layout, tls: 'terminated-upstream' }).front;
    expect(others.has('keepalive_timeout')).toBe(false);
  });

  test('that passes TLS on: as without one, and a place for its question', () => {
    const listen = conf({ layout }).servers.map((server) => listeners(server));
    expect(listen.flat()).toEqual([
      '8443 ssl default_server',
      '8080 default_server',
      '8080',
      '8443 ssl http2 so_keepalive=60s:15s:4',
      '8082',
      'unix:status.sock',
    ]);
  });

  // AWS: "the proxy protocol header is also included in health check connections from the load balancer".
  test('its question is answered as it comes, by the PROXY protocol as well, and not logged', () => {
    const result = conf({ layout, proxyProtocol: true, trustedProxies: ['10.0.0.0/16'] });
    const health = result.servers.find(({ directives }) =>
      directives.some(({ name, args }) => name === 'listen' && args[0] === '8082'),
    )!;
    expect(listeners(health)).toEqual(['8082 proxy_protocol']);
    expect(health.block('location', '=', '/nginx-health').value('return')).toBe('204');
    expect(health.value('access_log')).toBe('off');
  });
});

describe('hash tables make room for long names', () => {
  const bucket = (names: string[], origins?: string[], hasLateNames = false) => {
    const { http } = conf({ serverNames: names, allowedOrigins: origins, hasLateNames });
    return [
      http.all('server_names_hash_bucket_size').flat()[0],
      http.all('map_hash_bucket_size').flat()[0],
    ];
  };

  test('only when they are needed', () => {
    expect(bucket(['short.example.org'], ['https://short.example.org'])).toEqual([
      undefined,
      undefined,
    ]);
    expect(bucket(['a'.repeat(60)])).toEqual(['128', undefined]);
    expect(bucket(['a'], [`https://${'a'.repeat(60)}`])).toEqual([undefined, '128']);
    expect(bucket(['a'.repeat(250)])).toEqual(['512', undefined]);
  });

  test('for the longest there is when a name is known only at apply', () => {
    expect(bucket(['later'], ['later'], true)).toEqual(['512', '512']);
  });
});
