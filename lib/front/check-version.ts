import type { Check } from '../check';
import { show } from '../check';
import type { NginxVersion } from '../nginx/version';
import { isAtLeast, OLDEST_VERSION, parseVersion, printVersion } from '../nginx/version';
import type { FrontContext } from './front-context';

/** @internal */
export function checkVersion(context: FrontContext): NginxVersion {
  const { props } = context;
  const check: Check = context.check;
  const text = props.nginxVersion ?? props.platform.traits.nginxVersion;
  const version = parseVersion(text);
  if (version === undefined || !isAtLeast(version, OLDEST_VERSION)) {
    const source =
      props.nginxVersion === undefined ? `, which ${props.platform.node.path} says,` : '';
    check.refuse(
      'nginxVersion',
      `${show(text)}${source} is ${version === undefined ? 'not a version' : 'too old'}`,
      `"1.22" or "1.22.1", at least ${printVersion(OLDEST_VERSION)}`,
      'Ask nginx -v on the machine that runs it.',
    );
  }
  return version;
}
