import { type Check, show } from '../validation/check';
import type { Upstream } from '../nginx/intent';
import { looksUpNames } from '../nginx/pool';
import type { NginxVersion } from '../nginx/version';
import {
  isAtLeast,
  OLDEST_VERSION,
  parseVersion,
  printVersion,
  RESOLVE_PARAMETER,
} from '../nginx/version';
import type { FrontProps } from './front-context';

/**
 * Version of nginx for which the configuration is rendered.
 *
 * @internal
 */
export function resolveVersion(check: Check, props: FrontProps, upstream: Upstream): NginxVersion {
  const text = props.nginxVersion ?? props.platform.traits.nginxVersion;
  const source =
    props.nginxVersion === undefined ? `, which ${props.platform.node.path} reports,` : '';
  const version = parseVersion(text);
  if (version === undefined || !isAtLeast(version, OLDEST_VERSION)) {
    check.refuse('nginxVersion', {
      problem: `${show(text)}${source} is ${version === undefined ? 'not a version' : 'too old'}`,
      allowed: `"1.22" or "1.22.1", at least ${printVersion(OLDEST_VERSION)}`,
      remedy: 'Run nginx -v on the machine that runs it.',
    });
  }
  if (looksUpNames(upstream) && !isAtLeast(version, RESOLVE_PARAMETER)) {
    check.refuse('nginxVersion', {
      problem: `${show(text)}${source} is too old: it looks up each name only once, but on ${props.platform.traits.name} the addresses behind names change`,
      allowed: `at least ${printVersion(RESOLVE_PARAMETER)}`,
      remedy: 'Run a newer nginx there.',
    });
  }
  return version;
}
