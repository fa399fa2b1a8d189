import type { Entry } from './directive';
import { directive } from './directive';
import type { Intent } from './intent';
import { HTTP2_DIRECTIVE, isAtLeast } from './version';

/** Mozilla's intermediate profile, version 5.7, without the DHE suites that need a parameter file. */
const CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

export function tlsDirectives({ layout }: Intent): Entry[] {
  return [
    directive('ssl_certificate', layout.certificate),
    directive('ssl_certificate_key', layout.certificateKey),
    ...tlsPolicy(),
  ];
}

/**
 * How TLS is spoken. OpenSSL takes the protocols and the session cache from the default server of an address,
 * before it knows which name the client asks for: that server has to say the same as the one that is meant.
 */
export function tlsPolicy(): Entry[] {
  return [
    directive('ssl_protocols', 'TLSv1.2', 'TLSv1.3'),
    directive('ssl_ciphers', CIPHERS),
    directive('ssl_prefer_server_ciphers', 'off'),
    directive('ssl_session_cache', 'shared:aiwm_tls:10m'),
    directive('ssl_session_timeout', '1d'),
    directive('ssl_session_tickets', 'off'),
  ];
}

/** HTTP/2 as a word of `listen`, where nginx does not know it as a directive yet. */
export function http2ListenWords({ http2, version }: Intent): string[] {
  return http2 && !isAtLeast(version, HTTP2_DIRECTIVE) ? ['http2'] : [];
}

export function http2Directives({ http2, version }: Intent): Entry[] {
  return http2 && isAtLeast(version, HTTP2_DIRECTIVE) ? [directive('http2', 'on')] : [];
}
