import { isIP } from 'node:net';
import { TlsKind, type TlsCertificate } from '../model/tls-certificate';
import { type Check, show } from '../validation/check';
import { SERVER_NAME, SERVER_NAME_PATTERN } from '../validation/text-rules';
import type { FrontProps } from './front-context';

/**
 * All names that nginx serves, `serverName` first.
 *
 * @internal
 */
export function resolveServerNames(
  check: Check,
  { serverName, alternativeNames = [], tls }: FrontProps,
): string[] {
  if (String(serverName).startsWith('*.')) {
    check.refuse('serverName', {
      problem: `${show(serverName)} matches many names, but clients need one`,
      allowed: SERVER_NAME.allowed,
      remedy: 'Use a single name here, and put the wildcard in alternativeNames.',
    });
  }
  check.text('serverName', serverName, SERVER_NAME);
  refuseAddress(check, tls, 'serverName', serverName);
  check
    .texts('alternativeNames', alternativeNames, SERVER_NAME_PATTERN, { max: 63 })
    .forEach((name, index) => refuseAddress(check, tls, `alternativeNames[${index}]`, name));
  const twice = alternativeNames.findIndex(
    (name) => name.toLowerCase() === serverName.toLowerCase(),
  );
  if (twice >= 0) {
    check.refuse(`alternativeNames[${twice}]`, {
      problem: `"${serverName}" is already the serverName`,
      allowed: 'each name once',
    });
  }
  return [serverName, ...alternativeNames];
}

/** Clients send only host names in the TLS handshake (SNI), so nginx could not choose a certificate for an address. */
function refuseAddress(
  check: Check,
  tls: TlsCertificate | undefined,
  property: string,
  name: string,
): void {
  if (isIP(name) !== 0 && tls !== undefined && tls.kind !== TlsKind.TERMINATED_UPSTREAM) {
    check.refuse(property, {
      problem: `"${name}" is an address, but TLS clients send only host names: every handshake would be refused`,
      allowed: 'a host name, e.g. "localhost"',
    });
  }
}
