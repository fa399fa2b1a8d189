import { Secret } from '../../model/secret';
import { fromStackFolder } from '../../terraform/stack-paths';
import { show } from '../../validation/check';
import type { Check } from '../../validation/check';
import { ENVIRONMENT_NAME, FILE_PATH } from '../../validation/text-rules';

/** Kind of the secret that is the URL of a Redis on this platform. */
const REDIS_SECRET = 'redis';

/**
 * URL of a Redis on this platform, which the agent reads when it starts an instance.
 *
 * @internal
 */
export function redisUrl(unit: string): Secret {
  return Secret.ofPlatform(REDIS_SECRET, unit);
}

/**
 * References to secrets in the form that the agent reads, by the names of their variables.
 *
 * @internal
 * @throws ValidationError for a kind of secret that the agent cannot read
 */
export function resolveSecrets(
  check: Check,
  secrets: Readonly<Record<string, Secret>>,
): Record<string, object> {
  return Object.fromEntries(
    Object.entries(secrets).map(([name, secret]) => [
      name,
      resolveSecret(check, `secrets.${name}`, secret),
    ]),
  );
}

/**
 * Reference to a secret in the form that the agent reads.
 *
 * @internal
 * @throws ValidationError for a kind of secret that the agent cannot read
 */
export function resolveSecret(check: Check, property: string, { kind, reference }: Secret): object {
  switch (kind) {
    case 'file':
      return {
        kind,
        path: fromStackFolder(check.scope, check.text(property, reference, FILE_PATH)),
      };
    case 'environment':
      return { kind, name: check.text(property, reference, ENVIRONMENT_NAME) };
    case REDIS_SECRET:
      return { kind, unit: reference };
    default:
      return check.refuse(property, {
        problem: `LocalPlatform cannot read a secret of kind ${show(kind)}`,
        allowed: 'Secret.fromFile(…) or Secret.fromEnvironment(…)',
      });
  }
}
