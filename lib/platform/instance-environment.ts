import type { Secret } from '../model/secret';
import type { InstancesSpec } from './contract';

/**
 * Variables that all instances share and that are not secret, with those by which they find their backplane.
 *
 * @internal
 */
export function commonEnvironment({
  environment,
  backplane,
}: InstancesSpec): Record<string, string> {
  return {
    ...environment,
    ...(backplane?.url === undefined ? {} : { REDIS_URL: backplane.url }),
    ...(backplane?.isCluster ? { REDIS_CLUSTER: '1' } : {}),
  };
}

/**
 * Variables whose values are secrets, with the URL of a backplane that has a password.
 *
 * @internal
 */
export function secretEnvironment({ secrets, backplane }: InstancesSpec): Record<string, Secret> {
  return {
    ...secrets,
    ...(backplane?.urlSecret === undefined ? {} : { REDIS_URL: backplane.urlSecret }),
  };
}
