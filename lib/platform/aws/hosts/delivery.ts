import type { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import type { S3BucketVersioningA } from '@cdktf/provider-aws/lib/s3-bucket-versioning';
import type { S3Object } from '@cdktf/provider-aws/lib/s3-object';
import type { SsmAssociation } from '@cdktf/provider-aws/lib/ssm-association';
import { Fn } from 'cdktf';
import type { ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import { TerraformData } from '../../../terraform/terraform-data';
import type { AwsContext } from '../base/aws-context';

/**
 * Time from the start of a host to its registration with Systems Manager.
 *
 * An association does not wait for hosts that are not registered yet. A host that registers while the association runs
 * is left out until the next run.
 */
const REGISTRATION_SECONDS = 120;

/** How often a host returns to its release and looks for a renewed certificate. */
const SCHEDULE = 'rate(30 minutes)';

/**
 * A value that a script reads from an environment variable.
 *
 * @internal
 */
export interface DeliveryParameter {
  /** Name of the variable, e.g. "AIWM_TLS_SECRET". */
  readonly variable: string;
  /** Name of the parameter in the document, e.g. "TlsSecret". */
  readonly name: string;
  readonly description: string;
  readonly allowedPattern: string;
  /** Undefined for an empty string. */
  readonly value?: string;
}

/**
 * A release and the hosts that receive it.
 *
 * @internal
 */
export interface Delivery {
  readonly bucket: S3Bucket;
  /** Key that encrypts the release; undefined for that of S3. */
  readonly encryptionKeyArn?: string;
  /** Keeps every release under the version by which hosts ask for it. */
  readonly versioning: S3BucketVersioningA;
  /** Kind and name of the recipient, e.g. "nginx/frontend". */
  readonly path: string;
  /** Extension of the file, e.g. ".conf". */
  readonly ending: string;
  readonly contentType: string;
  /** Content of the release: one Token. */
  readonly content: string;
  /** Script that brings a host to the release. */
  readonly script: string;
  readonly parameters: readonly DeliveryParameter[];
  /** Tag by which hosts are found. */
  readonly target: { readonly tag: string; readonly value: string };
  /** How long all hosts together may take. */
  readonly timeoutSeconds: number;
  /** Ids whose change shows that there are new hosts. */
  readonly hostIds: readonly string[];
  readonly dependsOn: ITerraformDependable[];
}

/**
 * Delivers a release: an object in the bucket, and two Systems Manager associations that bring hosts to it.
 *
 * The roll-out brings it to one host after another and stops at the first failure. Terraform waits for an association
 * only when it is created, so each release has a roll-out of its own.
 *
 * The lasting association brings new hosts to the release, and all others back to it. It is updated in place, and only
 * after the roll-out: until then, it keeps the release that is known to work.
 *
 * @returns the lasting association
 * @internal
 */
export function deliver(
  scope: Construct,
  aws: AwsContext,
  name: string,
  delivery: Delivery,
): SsmAssociation {
  const { bindings } = aws;
  const { bucket, path, target } = delivery;
  const sha256 = Fn.sha256(delivery.content);
  const release = new bindings.S3Object(scope, 'Release', {
    // Without tags: an object allows ten, every other resource fifty.
    provider: aws.provider,
    bucket: bucket.id,
    // One key for all releases. A key for each would be deleted while the lasting association still names it.
    key: `${path}/release${delivery.ending}`,
    content: delivery.content,
    contentType: delivery.contentType,
    ...objectEncryption(delivery.encryptionKeyArn),
    dependsOn: [delivery.versioning],
  });
  const parameters = [...commonParameters(bucket, release, sha256), ...delivery.parameters];
  const document = new bindings.SsmDocument(scope, 'Document', {
    ...aws.commonArguments(aws.resourceName(128, name)),
    // AWS reserves the names that begin with its own prefixes.
    name: `aiwm-${aws.resourceName(123, name)}`,
    documentType: 'Command',
    documentFormat: 'JSON',
    targetType: '/AWS::EC2::Instance',
    content: asTemplate(documentContent(name, delivery.script, [...parameters, RETRY])),
  });
  const registration = new TerraformData(scope, 'Registration', {
    triggersReplace: { hosts: [...delivery.hostIds] },
    provisioners: [{ type: 'local-exec', command: `sleep ${REGISTRATION_SECONDS}` }],
  });
  const values = Object.fromEntries(
    parameters.flatMap(({ name: key, value }) => (value === undefined ? [] : [[key, value]])),
  );
  const common = {
    name: document.name,
    // Not the default version: the lasting association keeps the script that belongs to its parameters.
    documentVersion: document.latestVersion,
    targets: [{ key: `tag:${target.tag}`, values: [target.value] }],
    maxConcurrency: '1',
    maxErrors: '0',
    complianceSeverity: 'HIGH',
  };
  const told = new TerraformData(scope, 'Told', {
    triggersReplace: { ...values, Document: document.latestVersion },
  });
  const rollout = new bindings.SsmAssociation(scope, 'Rollout', {
    ...aws.commonArguments(aws.resourceName(128, name, 'rollout')),
    ...common,
    associationName: aws.resourceName(128, name, 'rollout'),
    parameters: { ...values, [RETRY.name]: 'yes' },
    waitForSuccessTimeoutSeconds: delivery.timeoutSeconds,
    dependsOn: [registration, ...delivery.dependsOn],
    // Not created before the old one is destroyed. Terraform would extend that order to everything it depends on, and
    // no two hosts can have one address.
    lifecycle: {
      replaceTriggeredBy: [registration, told].map(
        (each) => `${each.terraformResourceType}.${each.friendlyUniqueId}.id`,
      ),
    },
  });
  return new bindings.SsmAssociation(scope, 'Association', {
    ...aws.commonArguments(aws.resourceName(128, name)),
    ...common,
    associationName: aws.resourceName(128, name),
    parameters: { ...values, [RETRY.name]: 'no' },
    scheduleExpression: SCHEDULE,
    dependsOn: [rollout],
  });
}

function objectEncryption(kmsKeyId: string | undefined) {
  return kmsKeyId === undefined
    ? { serverSideEncryption: 'AES256' }
    : { serverSideEncryption: 'aws:kms', kmsKeyId };
}

/** Whether a host tries a release again that has failed there. */
const RETRY = {
  variable: 'AIWM_RETRY',
  name: 'Retry',
  description: 'Whether a release is tried again that has failed on the host.',
  allowedPattern: '^(yes|no)$',
  value: 'no',
};

function commonParameters(
  bucket: S3Bucket,
  { key, versionId }: S3Object,
  sha256: string,
): DeliveryParameter[] {
  return [
    {
      variable: 'AIWM_REGION',
      name: 'Region',
      description: 'Where everything is.',
      allowedPattern: '^[a-z0-9-]+$',
      value: bucket.region,
    },
    {
      variable: 'AIWM_BUCKET',
      name: 'Bucket',
      description: 'Where the release is.',
      allowedPattern: '^[a-z0-9.-]{3,63}$',
      value: bucket.id,
    },
    {
      variable: 'AIWM_KEY',
      name: 'Key',
      description: 'The key of the release in it.',
      allowedPattern: '^[A-Za-z0-9/._-]+$',
      value: key,
    },
    {
      variable: 'AIWM_VERSION',
      name: 'Version',
      description: 'The version of the object.',
      allowedPattern: '^[A-Za-z0-9._-]+$',
      value: versionId,
    },
    {
      variable: 'AIWM_SHA256',
      name: 'Sha256',
      description: 'What the release has to be.',
      allowedPattern: '^[0-9a-f]{64}$',
      value: sha256,
    },
  ];
}

/** The document as JSON. The patterns allow no quotes, so that no value can escape from its own. */
function documentContent(
  name: string,
  script: string,
  parameters: readonly DeliveryParameter[],
): string {
  const lines = script.trimEnd().split('\n');
  const [shebang, body] = lines[0]!.startsWith('#!') ? [[lines[0]!], lines.slice(1)] : [[], lines];
  return JSON.stringify({
    schemaVersion: '2.2',
    description: `${name}: brings a host to its release. Made by cdktf-aiwm.`,
    parameters: Object.fromEntries(
      parameters.map(({ name: key, description, allowedPattern, value }) => [
        key,
        {
          type: 'String',
          description,
          allowedPattern,
          ...(value === undefined ? { default: '' } : {}),
        },
      ]),
    ),
    mainSteps: [
      {
        action: 'aws:runShellScript',
        name: 'release',
        inputs: {
          timeoutSeconds: '3600',
          runCommand: [
            ...shebang,
            ...parameters.map(({ variable, name: key }) => `export ${variable}='{{ ${key} }}'`),
            ...body,
          ],
        },
      },
    ],
  });
}

/** Escapes "${" and "%{", which Terraform would interpret. */
function asTemplate(text: string): string {
  return text.replace(/([$%])\{/g, '$1$1{');
}
