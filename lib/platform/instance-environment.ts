import type { Secret } from '../model/secret';
import type { InstancesSpec } from './contract';

/**
 * Variables that all instances share and that are not secret, including those of the backplane.
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
 * Variables whose values are secret, including the URL of a backplane with a password.
 *
 * @internal
 */
export function secretEnvironment({ secrets, backplane }: InstancesSpec): Record<string, Secret> {
  return {
    ...secrets,
    ...(backplane?.urlSecret === undefined ? {} : { REDIS_URL: backplane.urlSecret }),
  };
}
