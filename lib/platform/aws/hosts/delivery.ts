import type { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import type { SsmAssociation } from '@cdktf/provider-aws/lib/ssm-association';
import { Fn } from 'cdktf';
import type { ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import { TerraformData } from '../../../terraform/terraform-data';
import { shortHash } from '../base/aws-name';
import type { AwsContext } from '../base/aws-context';

/**
 * From a host that runs to one that Systems Manager knows. An association does not wait for hosts that it does not know
 * yet, and one that comes while another is at it is left out until the next time.
 */
const REGISTRATION_SECONDS = 120;

/** How often a host is brought back to its release, and looks for a renewed certificate. */
const SCHEDULE = 'rate(30 minutes)';

/**
 * A value that a script reads from a variable.
 *
 * @internal
 */
export interface DeliveryParameter {
  /** The variable: "AIWM_TLS_SECRET". */
  readonly variable: string;
  /** The name in the document: "TlsSecret". */
  readonly name: string;
  readonly description: string;
  readonly allowedPattern: string;
  /** Undefined for the empty text. */
  readonly value?: string;
}

/**
 * What is delivered, and to whom.
 *
 * @internal
 */
export interface Delivery {
  readonly bucket: S3Bucket;
  /** The kind and name of what gets it: "nginx/frontend". */
  readonly path: string;
  /** The name of the file, with its ending: ".conf". */
  readonly ending: string;
  readonly contentType: string;
  /** What is delivered: one Token. */
  readonly content: string;
  /** Brings a host to the release. */
  readonly script: string;
  readonly parameters: readonly DeliveryParameter[];
  /** The tag by which hosts are found. */
  readonly target: { readonly tag: string; readonly value: string };
  /** How long all hosts together may take. */
  readonly timeoutSeconds: number;
  /** What tells that there are other hosts. */
  readonly hostIds: readonly string[];
  readonly dependsOn: ITerraformDependable[];
}

/**
 * Delivers a release: an object in the bucket, and an association of Systems Manager that brings one host after another
 * to it and stops at the first that fails.
 *
 * Terraform waits for an association when it is made and at no other time, so each release has one of its own, and so
 * have other hosts and other values of the parameters.
 *
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
    // Without tags: an object takes ten, and everything else fifty.
    provider: aws.provider,
    bucket: bucket.id,
    // By its content: what a host was told to get is never another one.
    key: `${path}/${sha256}${delivery.ending}`,
    content: delivery.content,
    contentType: delivery.contentType,
    serverSideEncryption: 'AES256',
  });
  const parameters = [...commonParameters(bucket, release.key, sha256), ...delivery.parameters];
  const content = documentContent(name, delivery.script, parameters);
  const document = new bindings.SsmDocument(scope, 'Document', {
    ...aws.commonArguments(aws.resourceName(128, name)),
    // By its content: a changed script is a new document, and so a new association. AWS keeps names that begin with its
    // own for itself.
    name: `aiwm-${aws.resourceName(120, name, shortHash(content))}`,
    documentType: 'Command',
    documentFormat: 'JSON',
    targetType: '/AWS::EC2::Instance',
    content: asTemplate(content),
    lifecycle: { createBeforeDestroy: true },
  });
  const registration = new TerraformData(scope, 'Registration', {
    triggersReplace: { hosts: [...delivery.hostIds] },
    provisioners: [{ type: 'local-exec', command: `sleep ${REGISTRATION_SECONDS}` }],
  });
  const values = Object.fromEntries(
    parameters.flatMap(({ name: key, value }) => (value === undefined ? [] : [[key, value]])),
  );
  const parameterData = new TerraformData(scope, 'Told', { triggersReplace: values });
  return new bindings.SsmAssociation(scope, 'Association', {
    ...aws.commonArguments(aws.resourceName(128, name)),
    name: document.name,
    associationName: aws.resourceName(128, name),
    parameters: values,
    targets: [{ key: `tag:${target.tag}`, values: [target.value] }],
    maxConcurrency: '1',
    maxErrors: '0',
    complianceSeverity: 'HIGH',
    scheduleExpression: SCHEDULE,
    waitForSuccessTimeoutSeconds: delivery.timeoutSeconds,
    dependsOn: [registration, ...delivery.dependsOn],
    // Neither this nor the object is created before it is destroyed: Terraform would then do so with all that they
    // depend on, and no two hosts can have one address.
    lifecycle: {
      replaceTriggeredBy: [registration, parameterData].map(
        (each) => `${each.terraformResourceType}.${each.friendlyUniqueId}.id`,
      ),
    },
  });
}

function commonParameters(bucket: S3Bucket, key: string, sha256: string): DeliveryParameter[] {
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
      variable: 'AIWM_SHA256',
      name: 'Sha256',
      description: 'What the release has to be.',
      allowedPattern: '^[0-9a-f]{64}$',
      value: sha256,
    },
  ];
}

/** The document in JSON. The patterns allow no quote, so that no value can leave its own. */
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

/** Terraform reads "${" and "%{" in a text as its own. */
function asTemplate(text: string): string {
  return text.replace(/([$%])\{/g, '$1$1{');
}
