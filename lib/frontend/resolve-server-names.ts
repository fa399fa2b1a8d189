import { isIP } from 'node:net';
import { Token } from 'cdktf';
import { show } from '../validation/check';
import { SERVER_NAME, SERVER_NAME_PATTERN } from '../validation/text-rules';
import { TlsKind } from '../model/tls-certificate';
import type { FrontContext } from './front-context';

/** @internal */
export function checkServerNames(context: FrontContext): string[] {
  const { check, props, tokens } = context;
  const { serverName, alternativeNames = [] } = props;
  if (String(serverName).startsWith('*.')) {
    check.refuse('serverName', {
      problem: `${show(serverName)} stands for many names, and clients need one`,
      allowed: SERVER_NAME.allowed,
      remedy: 'Give one name here and the wildcard in alternativeNames.',
    });
  }
  check.text('serverName', serverName, SERVER_NAME);
  refuseAddress(context, 'serverName', serverName);
  check
    .texts('alternativeNames', alternativeNames, SERVER_NAME_PATTERN, { max: 63 })
    .forEach((name, index) => refuseAddress(context, `alternativeNames[${index}]`, name));
  const twice = alternativeNames.findIndex(
    (name) => name.toLowerCase() === serverName.toLowerCase(),
  );
  if (twice >= 0) {
    check.refuse(`alternativeNames[${twice}]`, {
      problem: `"${serverName}" is the serverName as well`,
      allowed: 'each name once',
    });
  }
  return [serverName, ...alternativeNames].map((name) => tokens.hide(name));
}

/**
 * Whether a name is known only at apply, so that nobody can say how long it is.
 *
 * @internal
 */
export function hasLateNames({ props }: FrontContext): boolean {
  const { serverName, alternativeNames = [], allowedOrigins = [] } = props;
  return [serverName, ...alternativeNames, ...allowedOrigins].some((name) =>
    Token.isUnresolved(name),
  );
}

/** TLS asks by name alone, so a certificate could never be chosen for an address. */
function refuseAddress({ check, props }: FrontContext, property: string, name: string): void {
  const { tls } = props;
  if (isIP(name) !== 0 && tls !== undefined && tls.kind !== TlsKind.TERMINATED_UPSTREAM) {
    check.refuse(property, {
      problem: `"${name}" is an address, and clients name none to TLS: every handshake would be refused`,
      allowed: 'a host name, e.g. "localhost"',
    });
  }
}
