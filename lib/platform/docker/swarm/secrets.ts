import type { Secret as SwarmSecret } from '@cdktf/provider-docker/lib/secret';
import { Fn } from 'cdktf';
import { Construct } from 'constructs';
import { resourceName } from '../../../terraform/names';
import type { Check } from '../../../validation/check';
import type { InstancesSpec } from '../../contract';
import { secretEnvironment } from '../../instance-environment';
import { secretFromFile } from '../engine/secrets';
import { FRESH, freshName } from './names';
import { NAME } from './settings';
import type { SwarmContext } from './swarm-context';

/** Kind of the secret that is the URL of this platform's Redis. */
export const REDIS_SECRET = 'docker-swarm-redis';

/**
 * Values of the secrets of instances, by the names of their variables.
 *
 * @throws ValidationError for a secret that is not in a file, and for a variable whose name the path of a secret needs
 * @internal
 */
export function resolveSecrets(check: Check, spec: InstancesSpec): ReadonlyMap<string, string> {
  const secrets = secretEnvironment(spec);
  return new Map(
    Object.entries(secrets).map(([name, secret]) => {
      const property = `secrets.${name}`;
      const variable = `${name}_FILE`;
      if (variable in spec.environment || variable in secrets) {
        check.refuse(property, {
          problem: `${NAME} passes the path of the secret in ${variable}, but a variable of that name exists`,
          allowed: `${name} without ${variable}`,
        });
      }
      const value =
        secret.kind === REDIS_SECRET
          ? secret.reference
          : secretFromFile(NAME, check, property, secret);
      return [name, value];
    }),
  );
}

/**
 * Creates secrets of the swarm with these values.
 *
 * @internal
 */
export function createSecrets(
  scope: Construct,
  values: ReadonlyMap<string, string>,
  { bindings, provider, settings }: SwarmContext,
): ReadonlyMap<string, SwarmSecret> {
  if (values.size === 0) {
    return new Map();
  }
  const folder = new Construct(scope, 'Secrets');
  return new Map(
    [...values].map(([name, value]) => [
      name,
      new bindings.Secret(folder, name, {
        provider,
        name: freshName(settings.name, resourceName(scope), name),
        data: Fn.base64encode(value),
        lifecycle: FRESH,
      }),
    ]),
  );
}

/**
 * Path of a secret in a container.
 *
 * @internal
 */
export function secretPath(name: string): string {
  return `/run/secrets/${name}`;
}
