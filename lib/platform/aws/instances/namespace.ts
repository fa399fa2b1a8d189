import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { claimAtSynth } from '../../../terraform/claim-at-synth';
import { TerraformData } from '../../../terraform/terraform-data';
import type { Check } from '../../../validation/check';
import type { InstanceSlot } from '../../contract';
import type { AwsNamespace } from '../aws-instance-options';
import type { AwsContext } from '../base/aws-context';
import type { InstanceSettings } from './instance-settings';

/** How long a resolver may keep an address of an instance, and that a name has none. */
const TTL_SECONDS = 5;

const MAX_NAME = 253;

/**
 * Creates the namespace in which instances have their names, or names the one that exists.
 *
 * CloudFormation creates it: Terraform's own resource cannot set the time to live of negative answers. With the default
 * of AWS, an instance that was gone for a moment would stay unknown for minutes.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-servicediscovery-privatednsnamespace.html
 * @internal
 */
export function privateNamespace(
  scope: Construct,
  aws: AwsContext,
  { namespace: existing }: InstanceSettings,
): AwsNamespace {
  if (existing !== undefined) {
    return existing;
  }
  const name = `${aws.name}.internal`;
  const stackName = aws.resourceName(128, 'namespace');
  const stack = new aws.bindings.CloudformationStack(scope, 'Namespace', {
    ...aws.commonArguments(stackName),
    name: stackName,
    templateBody: JSON.stringify({
      AWSTemplateFormatVersion: '2010-09-09',
      Description: `Names of the instances of ${aws.name}.`,
      Resources: {
        Namespace: {
          Type: 'AWS::ServiceDiscovery::PrivateDnsNamespace',
          Properties: {
            Name: name,
            Vpc: aws.network.vpcId,
            Properties: { DnsProperties: { SOA: { TTL: TTL_SECONDS } } },
          },
        },
      },
      Outputs: { Id: { Value: { Ref: 'Namespace' } } },
    }),
  });
  // Any change of the stack, such as a tag, makes its outputs unknown. Terraform would replace every name for that.
  const id = new TerraformData(scope, 'NamespaceId', {
    triggersReplace: { id: stack.outputs.lookup('Id') },
    lifecycle: {
      ignoreChanges: ['triggers_replace'],
      replaceTriggeredBy: [`${stack.terraformResourceType}.${stack.friendlyUniqueId}.id`],
    },
  });
  return { id: id.getStringAttribute('triggers_replace.id'), name };
}

/**
 * Name of a slot in a namespace.
 *
 * @throws ValidationError for a name that is too long for DNS
 * @internal
 */
export function resolveSlotName(
  check: Check,
  { name }: InstanceSlot,
  namespaceName: string,
): string {
  const full = `${name}.${namespaceName}`;
  if (full.length > MAX_NAME) {
    check.refuse('platform.namespace.name', {
      problem: `the name of an instance, ${full}, would have ${full.length} characters`,
      allowed: `at most ${MAX_NAME} characters with the name of the instance`,
    });
  }
  return full;
}

/**
 * Creates the record of a slot, whose address ECS keeps.
 *
 * It has no health check of its own: that would delay every change by half a minute.
 *
 * @returns the ARN with which ECS registers a task
 * @internal
 */
export function slotRecord(
  scope: Construct,
  aws: AwsContext,
  { name }: InstanceSlot,
  { id, name: namespaceName }: AwsNamespace,
): string {
  claimAtSynth(
    TerraformStack.of(scope),
    `${name} in the namespace ${id}`,
    { scope, value: name },
    (earlier) => ({
      property: 'id',
      problem: `${earlier.scope.node.path} has the same name, ${name}.${namespaceName}`,
      allowed: 'a name of its own for each instance of a namespace',
      remedy: 'Choose another id for one of the clusters.',
    }),
  );
  return new aws.bindings.ServiceDiscoveryService(scope, 'Name', {
    ...aws.commonArguments(aws.resourceName(128, name)),
    name,
    dnsConfig: {
      namespaceId: id,
      routingPolicy: 'MULTIVALUE',
      dnsRecords: [{ type: 'A', ttl: TTL_SECONDS }],
    },
    // A task that ECS has not taken out yet would keep the name from being destroyed.
    forceDestroy: true,
  }).arn;
}
