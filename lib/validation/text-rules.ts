import { isIP, isIPv4, isIPv6 } from 'node:net';
import type { TextRule } from './check';

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const HOST_NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`, 'i');

/** Whether a text is a host name. One that ends in a number has to be an IPv4 address. */
function isHostName(text: string): boolean {
  return text.length <= 253 && HOST_NAME.test(text) && (!/(?:^|\.)\d+$/.test(text) || isIPv4(text));
}

/** Version of an IP address, or 0. nginx does not accept the zone of a link-local address ("fe80::1%eth0"). */
function ipFamily(text: string): number {
  return text.includes('%') ? 0 : isIP(text);
}

function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;
}

export const SERVER_NAME: TextRule = {
  name: 'a host name',
  allowed: 'labels of letters, digits and hyphens, separated by dots, at most 253 characters',
  remedy: 'Write the name that clients use, without scheme, port or path.',
  accepts: isHostName,
};

export const SERVER_NAME_PATTERN: TextRule = {
  ...SERVER_NAME,
  allowed: `${SERVER_NAME.allowed}; a leading "*." matches all names below`,
  accepts: (text) => isHostName(text.replace(/^\*\./, '')),
};

export const PATH: TextRule = {
  name: 'a path',
  allowed:
    'segments of letters, digits, ".", "_", "~" and "-", each after a "/", at most 256 characters, no "." or ".." segment',
  remedy: 'Write it as it appears in a URL, e.g. "/dev/aiwm/chat".',
  knownAtSynth: true,
  accepts: (text) =>
    text.length <= 256 && /^(?:\/|(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)+\/?)$/.test(text),
};

export const ADDRESS: TextRule = {
  name: 'an address with a port',
  allowed: '"10.0.1.5:3003", "[fd00::5]:3003", "aiwm-1.internal:3003" or "unix:/run/aiwm-1.sock"',
  accepts: (text) => {
    if (text.startsWith('unix:')) {
      return /^unix:(?:\/[A-Za-z0-9._-]+)+$/.test(text) && text.length <= 100;
    }
    const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):([^:]+)$/i.exec(text);
    return (
      match !== null &&
      isPort(match[3]!) &&
      (match[1] === undefined
        ? isIPv4(match[2]!) || isHostName(match[2]!.replace(/_/g, '-'))
        : isIPv6(match[1]))
    );
  },
};

export const IP_ADDRESS: TextRule = {
  name: 'an IP address',
  allowed: 'an IPv4 or IPv6 address: "127.0.0.1", "::1", "0.0.0.0"',
  knownAtSynth: true,
  accepts: (text) => ipFamily(text) !== 0,
};

export const NAME_SERVER: TextRule = {
  name: 'the address of a name server',
  allowed: 'an IPv4 or IPv6 address, with its port if it is not 53: "192.168.1.1", "[::1]:5353"',
  remedy: 'cat /etc/resolv.conf names that of a machine.',
  knownAtSynth: true,
  accepts: (text) => {
    const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::([^:]+))?$/.exec(text);
    return (
      match !== null &&
      (match[1] === undefined ? isIPv4(match[2]!) : ipFamily(match[1]) === 6) &&
      (match[3] === undefined || isPort(match[3]))
    );
  },
};

export const IP_RANGE: TextRule = {
  name: 'an address range',
  allowed: 'an IPv4 or IPv6 address, alone or with a prefix length: "10.0.0.0/8", "fd00::/8"',
  accepts: (text) => {
    const [address, prefix, ...rest] = text.split('/');
    const family = ipFamily(address!);
    return (
      family !== 0 &&
      rest.length === 0 &&
      (prefix === undefined ||
        (/^(?:0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128)))
    );
  },
};

/** Of apps, which are no pages of a web server: they have a name of their own instead of a host, and no port. */
const APP_SCHEMES = 'capacitor|chrome-extension|ionic|moz-extension|safari-web-extension|tauri';

export const ORIGIN: TextRule = {
  name: 'an origin',
  allowed:
    'scheme, host and port as browsers send them, in lower case: "https://app.example.org", "https://*.example.org"; of apps ' +
    '"capacitor://localhost", "ionic://localhost", "tauri://localhost", "chrome-extension://<id>"; "null" for pages without one',
  remedy: "Omit the path and its slash, and the port where it is the scheme's default.",
  accepts: (text) => {
    if (text !== text.toLowerCase()) {
      return false;
    }
    if (text === 'null' || isAppOrigin(text)) {
      return true;
    }
    const match = /^(https?):\/\/(\*\.)?([^:/*]+)(?::(\d+))?$/.exec(text);
    if (match === null) {
      return false;
    }
    const [, scheme, , host, port] = match;
    return (
      isHostName(host!) &&
      (port === undefined || (isPort(port) && port !== (scheme === 'https' ? '443' : '80')))
    );
  },
};

function isAppOrigin(text: string): boolean {
  const [, host] = new RegExp(`^(?:${APP_SCHEMES})://([^:/*]+)$`).exec(text) ?? [];
  return host !== undefined && isHostName(host);
}

export const HASH_KEY: TextRule = {
  name: 'a variable that identifies clients',
  allowed:
    '$http_<header>, $arg_<argument>, $cookie_<name> (lower case, "_" for "-"), $remote_addr or $binary_remote_addr',
  remedy: 'For the header X-Session-Id, use "$http_x_session_id".',
  knownAtSynth: true,
  accepts: (text) =>
    /^\$(?:(?:http|arg|cookie)_[a-z0-9_]{1,64}|remote_addr|binary_remote_addr)$/.test(text),
};

export const COOKIE_NAME: TextRule = {
  name: 'a cookie name that nginx can read',
  allowed: 'letters, digits and "_", at most 64',
  knownAtSynth: true,
  accepts: (text) => /^[A-Za-z0-9_]{1,64}$/.test(text),
};

export const COOKIE_DOMAIN: TextRule = {
  name: 'a cookie domain',
  allowed: 'a host name without a leading dot: "example.org"',
  remedy: 'Browsers send the cookie to that name and to all names below it.',
  knownAtSynth: true,
  accepts: isHostName,
};

export const SIZE: TextRule = {
  name: 'a size',
  allowed: 'a whole number with "k", "m" or "g": "2m"',
  knownAtSynth: true,
  accepts: (text) => /^[1-9]\d{0,8}[kmg]$/.test(text),
};

export const ENVIRONMENT_NAME: TextRule = {
  name: 'the name of an environment variable',
  allowed: 'letters, digits and "_", at most 128, not starting with a digit',
  knownAtSynth: true,
  accepts: (text) => /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(text),
};

export const IMAGE: TextRule = {
  name: 'an image',
  allowed:
    'a registry, a name in lower case and a tag or digest: "registry.example/aiwm:1.4.2", "aiwm@sha256:…"',
  accepts: (text) =>
    text.length <= 512 &&
    /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/.test(
      text,
    ),
};

/** Any line of text, whatever its meaning. */
export const LINE: TextRule = {
  name: 'a line of text',
  allowed: 'text without control characters or line breaks, at most 4000 characters',
  isData: true,
  isFreeText: true,
  accepts: (text) => text.length <= 4000,
};

export const FILE_PATH: TextRule = {
  name: 'a file path',
  allowed: 'a path of 1 to 1024 characters, without control characters',
  accepts: (text) => text.length > 0 && text.length <= 1024,
};

export const CONTAINER_FOLDER: TextRule = {
  name: 'a folder of a container',
  allowed:
    'an absolute path without ".", ".." or a trailing slash; not "/", nor below /dev, /proc or /sys',
  accepts: (text) =>
    /^(?:\/(?!\.{1,2}(?:\/|$))[^/]+)+$/.test(text) &&
    !/^\/(?:dev|proc|sys)(?:\/|$)/.test(text) &&
    FILE_PATH.accepts(text),
};

export const CONTAINER_USER: TextRule = {
  name: 'a user and group by number',
  allowed: 'two numbers: "1000:1000"',
  knownAtSynth: true,
  accepts: (text) => /^\d{1,9}:\d{1,9}$/.test(text),
};

export const PAGE_BODY: TextRule = {
  name: 'the body of an error page',
  allowed: 'JSON text of at most 2000 bytes without "$", which nginx would read as a variable',
  knownAtSynth: true,
  accepts: (text) => text.length > 0 && Buffer.byteLength(text) <= 2000 && !text.includes('$'),
};

export const REDIS_URL: TextRule = {
  name: 'a Redis URL',
  allowed:
    '"redis://host:6379" or "rediss://host:6379", with a database number if needed, without a password',
  accepts: (text) => {
    const match = /^rediss?:\/\/(?:\[([0-9a-f:.]+)\]|([^:/@[\]]+))(?::(\d+))?(?:\/\d{1,3})?$/i.exec(
      text,
    );
    if (match === null) {
      return false;
    }
    const [, ipv6, host, port] = match;
    return (
      (ipv6 === undefined ? isHostName(host!) : isIPv6(ipv6)) &&
      (port === undefined || isPort(port))
    );
  },
};

/** One directive of nginx, or one block. Its meaning is checked when it is parsed. */
export const DIRECTIVE: TextRule = {
  name: 'an nginx directive',
  allowed: 'one directive that ends with ";" or a balanced block, at most 4000 characters',
  isSyntax: true,
  accepts: (text) => text.length <= 4000,
};
