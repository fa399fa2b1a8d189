import type { Entry } from './directive';
import { comment, directive, map } from './directive';
import type { Intent } from './intent';
import { upgradeHeaders } from './upgrade';

const PORT_VARIABLE = '$aiwm_port';

/** The host as nginx has validated it, with the port that the client called. */
const CALLED = `$host${PORT_VARIABLE}`;

/**
 * The port that the client called. $host is checked by nginx and has none, $http_host is what the client wrote: its port
 * counts where the rest of it is the same.
 */
export function calledPortMap({ tls }: Intent): Entry[] {
  return [
    comment(
      "The port that the client called, unless it is the scheme's own. A browser's Origin has it,",
    ),
    comment('and a server that compares the two would refuse its own pages without it.'),
    map('$host|$http_host', PORT_VARIABLE, [
      [`~:${tls === 'none' ? 80 : 443}$`, ''],
      [
        '~*^(?<aiwm_host>[^|]+)[|]\\k<aiwm_host>[.]?(?<aiwm_port_called>:[1-9][0-9]{0,4})$',
        '$aiwm_port_called',
      ],
    ]),
  ];
}

/**
 * Headers that describe a request to the instances. Set once, at server level: a location that sets one
 * proxy_set_header of its own loses all the inherited ones.
 */
export function forwardedHeaders(intent: Intent): Entry[] {
  const { tls } = intent;
  return [
    directive('proxy_set_header', 'Host', CALLED),
    directive('proxy_set_header', 'X-Real-IP', '$remote_addr'),
    comment('Replaced, not appended to: what a client wrote there is not to be believed.'),
    directive('proxy_set_header', 'X-Forwarded-For', '$remote_addr'),
    ...(tls === 'terminated-upstream'
      ? [comment('The proxy in front of this nginx speaks TLS; $scheme would say http.')]
      : []),
    directive(
      'proxy_set_header',
      'X-Forwarded-Proto',
      tls === 'terminated-upstream' ? 'https' : '$scheme',
    ),
    directive('proxy_set_header', 'X-Forwarded-Host', CALLED),
    directive('proxy_set_header', 'X-Forwarded-Port', publicPort(intent)),
    directive('proxy_set_header', 'Forwarded', ''),
    ...upgradeHeaders(),
  ];
}

/** The port that clients use: not always the one that nginx listens on. */
function publicPort({ tls, layout }: Intent): number {
  switch (tls) {
    case 'served':
      return layout.publicHttpsPort;
    case 'terminated-upstream':
      return 443;
    case 'none':
      return layout.publicHttpPort;
  }
}

/** Proxies that may name the client's address, which affinity, limits and the log rely on. */
export function realIp({ trustedProxies, proxiesInRow, proxyProtocol }: Intent): Entry[] {
  return trustedProxies.length === 0
    ? []
    : [
        comment('Only these proxies are believed when they name the client.'),
        ...trustedProxies.map((range) => directive('set_real_ip_from', range)),
        directive('real_ip_header', proxyProtocol ? 'proxy_protocol' : 'X-Forwarded-For'),
        ...(proxiesInRow
          ? []
          : [
              comment(
                'The address that they add, and none before it: a client can be their neighbor.',
              ),
            ]),
        directive('real_ip_recursive', proxiesInRow ? 'on' : 'off'),
      ];
}

/** When another instance is tried, and how soon. */
export function failover({ upstream: { failover: rule } }: Intent): Entry[] {
  return [
    comment('An instance that cannot be reached costs a handshake this long, not minutes.'),
    directive('proxy_connect_timeout', rule.connectTimeout),
    directive('proxy_next_upstream', 'error', 'timeout'),
    directive('proxy_next_upstream_tries', rule.tries),
    directive('proxy_next_upstream_timeout', rule.triesTimeout),
    directive('proxy_socket_keepalive', 'on'),
  ];
}
