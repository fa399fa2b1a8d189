import type { Entry } from './directive';
import { comment, directive } from './directive';
import type { Intent, Upstream } from './intent';

/** How long an answer of the name server is used where the platform does not say. */
const VALID = '3s';

/** Time after which nginx gives a question up, and after which it repeats one that failed. nginx waits 30 s by default. */
const TIMEOUT = '5s';

/** Whether an address with its port is a name. A value that is filled in at apply is an address. */
export function isName(address: string): boolean {
  return !address.startsWith('unix:') && /^[^[:]*[a-z]/i.test(address);
}

/** Whether some peer is a name that is looked up again. */
export function looksUpNames({ peers }: Pick<Upstream, 'peers'>): boolean {
  return peers.some(({ resolve }) => resolve);
}

/**
 * The name server, which nginx asks again and again for the peers that are names.
 *
 * The time replaces that of the records, and holds for a name without an address as well: nginx would keep that for 10 s.
 */
export function resolver({ layout, upstream }: Intent): Entry[] {
  return layout.resolver === undefined || !looksUpNames(upstream)
    ? []
    : [
        comment('What stands behind a name comes and goes, each time at another address.'),
        directive(
          'resolver',
          layout.resolver,
          `valid=${layout.resolverValid ?? VALID}`,
          'ipv6=off',
        ),
        comment('Also the time after which a question that failed is repeated.'),
        directive('resolver_timeout', TIMEOUT),
      ];
}
