import { type Check, show } from '../validation/check';
import type { NginxVersion } from '../nginx/version';
import { isAtLeast, OLDEST_VERSION, parseVersion, printVersion } from '../nginx/version';
import type { FrontProps } from './front-context';

/**
 * Version of nginx for which the configuration is rendered.
 *
 * @internal
 */
export function resolveVersion(check: Check, props: FrontProps): NginxVersion {
  const version = parseVersion(versionText(props));
  if (version === undefined || !isAtLeast(version, OLDEST_VERSION)) {
    check.refuse('nginxVersion', {
      problem: `${describeVersion(props)} is ${version === undefined ? 'not a version' : 'too old'}`,
      allowed: `"1.22" or "1.22.1", at least ${printVersion(OLDEST_VERSION)}`,
      remedy: 'Run nginx -v on the machine that runs it.',
    });
  }
  return version;
}

/**
 * The version for a message, and who says that it is the one.
 *
 * @internal
 */
export function describeVersion(props: FrontProps): string {
  const source =
    props.nginxVersion === undefined ? `, which ${props.platform.node.path} reports,` : '';
  return `${show(versionText(props))}${source}`;
}

function versionText({ nginxVersion, platform }: FrontProps): string {
  return nginxVersion ?? platform.traits.nginxVersion;
}
