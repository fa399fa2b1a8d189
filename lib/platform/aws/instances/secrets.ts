import type { DataAwsSecretsmanagerSecretVersions } from '@cdktf/provider-aws/lib/data-aws-secretsmanager-secret-versions';
import { Construct } from 'constructs';
import type { Secret } from '../../../model/secret';
import type { Check } from '../../../validation/check';
import type { AwsContext } from '../base/aws-context';
import { checkRegion } from '../base/region';
import { JSON_KEY, PARAMETER_ARN, SECRET_ARN } from '../base/text-rules';
import { REDIS_SECRET } from '../redis/replication-group';

/** A secret that ECS passes to an instance. */
export interface InstanceSecret {
  /** Name of the variable. */
  readonly variable: string;
  readonly store: 'secrets-manager' | 'ssm-parameter';
  readonly arn: string;
  readonly jsonKey?: string;
  /** Whether the platform created it, and knows its version. */
  readonly isOwn: boolean;
}

/**
 * Secrets of an instance, by variable.
 *
 * @param region - region of the platform's provider, if it is known
 * @throws ValidationError for a secret that ECS cannot read
 * @internal
 */
export function resolveInstanceSecrets(
  check: Check,
  secrets: Readonly<Record<string, Secret>>,
  region: string | undefined,
): InstanceSecret[] {
  return Object.entries(secrets)
    .map(([variable, secret]) => resolveOne(check, variable, secret, region))
    .sort((one, other) => (one.variable < other.variable ? -1 : 1));
}

function resolveOne(
  check: Check,
  variable: string,
  { kind, reference: arn, jsonKey }: Secret,
  region: string | undefined,
): InstanceSecret {
  const property = `secrets.${variable}`;
  switch (kind) {
    case REDIS_SECRET:
      return { variable, store: 'secrets-manager', arn, isOwn: true };
    case 'secrets-manager':
      check.text(property, arn, SECRET_ARN);
      if (jsonKey !== undefined) {
        check.text(`${property}.jsonKey`, jsonKey, JSON_KEY);
      }
      checkRegion(check, property, arn, region);
      return { variable, store: kind, arn, jsonKey, isOwn: false };
    case 'ssm-parameter':
      check.text(property, arn, PARAMETER_ARN);
      checkRegion(check, property, arn, region);
      return { variable, store: kind, arn, isOwn: false };
    default:
      return check.refuse(property, {
        problem: `an instance on AWS cannot read a secret of kind "${kind}"`,
        allowed: 'Secret.fromSecretsManager(arn) or Secret.fromSsmParameter(arn)',
        remedy:
          'Create it first: aws secretsmanager create-secret --name … --secret-string file://…',
      });
  }
}

/**
 * Where ECS finds the value when it starts a task. A version is not pinned: a task that ECS replaces after the next
 * rotation but one would not start.
 *
 * @internal
 */
export function valueFrom({ arn, jsonKey }: InstanceSecret): string {
  return jsonKey === undefined ? arn : `${arn}:${jsonKey}::`;
}

/**
 * Text that changes whenever a secret of Secrets Manager gets a new value, without revealing it.
 *
 * Tasks read their secrets when they start, so the text belongs to the task definition: a rotated secret makes a new
 * one. Terraform cannot read the version of a parameter of Systems Manager without its value, so there is none of it.
 *
 * @param ownVersion - the same for the secrets that the platform created
 * @returns undefined without such secrets
 * @internal
 */
export function secretVersions(
  scope: Construct,
  { bindings, provider }: AwsContext,
  secrets: readonly InstanceSecret[],
  ownVersion: string | undefined,
): string | undefined {
  const group = new Construct(scope, 'SecretVersions');
  const known = new Map<string, DataAwsSecretsmanagerSecretVersions>();
  const versionsOf = ({ variable, arn }: InstanceSecret): DataAwsSecretsmanagerSecretVersions => {
    const versions =
      known.get(arn) ??
      new bindings.DataAwsSecretsmanagerSecretVersions(group, variable, {
        provider,
        secretId: arn,
      });
    known.set(arn, versions);
    return versions;
  };
  const texts = secrets
    .filter(({ store }) => store === 'secrets-manager')
    .map((secret) => {
      const version = secret.isOwn ? ownVersion : currentVersion(versionsOf(secret));
      return `${secret.variable}=${version}`;
    });
  return texts.length === 0 ? undefined : texts.join(' ');
}

/** Id of the version that is current. */
function currentVersion(data: DataAwsSecretsmanagerSecretVersions): string {
  const address = `data.${data.terraformResourceType}.${data.friendlyUniqueId}`;
  return `\${join("", [for each in ${address}.versions : each.version_id if contains(each.version_stages, "AWSCURRENT")])}`;
}
