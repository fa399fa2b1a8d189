import type { Check } from '../validation/check';
import { show } from '../validation/check';
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
import type { FrontContext } from './front-context';

/** @internal */
export function checkVersion(context: FrontContext, upstream: Upstream): NginxVersion {
  const { props } = context;
  const check: Check = context.check;
  const text = props.nginxVersion ?? props.platform.traits.nginxVersion;
  const source =
    props.nginxVersion === undefined ? `, which ${props.platform.node.path} says,` : '';
  const version = parseVersion(text);
  if (version === undefined || !isAtLeast(version, OLDEST_VERSION)) {
    check.refuse(
      'nginxVersion',
      `${show(text)}${source} is ${version === undefined ? 'not a version' : 'too old'}`,
      `"1.22" or "1.22.1", at least ${printVersion(OLDEST_VERSION)}`,
      'Ask nginx -v on the machine that runs it.',
    );
  }
  if (looksUpNames(upstream) && !isAtLeast(version, RESOLVE_PARAMETER)) {
    check.refuse(
      'nginxVersion',
      `${show(text)}${source} is too old: it looks a name up once, and on ${props.platform.traits.name} the addresses behind names change`,
      `at least ${printVersion(RESOLVE_PARAMETER)}`,
      'Run a newer nginx there.',
    );
  }
  return version;
}
