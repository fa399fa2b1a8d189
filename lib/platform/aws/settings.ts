import { TerraformStack } from 'cdktf';
import { TlsKind } from '../../model/tls-certificate';
import { resourceName } from '../../terraform/names';
import { type Check, show } from '../../validation/check';
import { resolveDuration } from '../../validation/duration';
import { AwsEntry } from './aws-entry';
import { AwsNetwork, type IAwsNetwork } from './aws-network';
import type { AwsPlatformProps, AwsRedisOptions } from './aws-platform-props';
import { PORTS, PUBLIC_HTTP, PUBLIC_HTTPS } from './base/ports';
import { checkRegion } from './base/region';
import type { ResolvedDns } from './base/resolved-dns';
import type { ResolvedEntry } from './base/resolved-entry';
import { resolveTags } from './base/tags';
import {
  AMI_ID,
  INSTANCE_TYPE,
  KEY_ARN,
  NAME,
  NGINX_LINE,
  POLICY_ARN,
  REGION,
  REPOSITORY_ARN,
  ROLE_PATH,
  SECURITY_GROUP_ID,
  SHELL_LINE,
  SUBNET_ID,
  TOPIC_ARN,
  VPC_ID,
} from './base/text-rules';
import { type InstanceSettings, resolveInstanceSettings } from './instances/instance-settings';
import { resolveDns } from './front/resolve-dns';
import { type Egress, resolveEgress } from './network/resolve-egress';

/**
 * Supported certificates by entry. Only a network load balancer can pass TLS through, and only a load balancer can use
 * ACM.
 */
const TLS_KINDS = {
  network: [TlsKind.ACM, TlsKind.SECRETS_MANAGER],
  application: [TlsKind.ACM],
  none: [TlsKind.SECRETS_MANAGER],
};

/** Retention periods that CloudWatch supports, in days. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

/**
 * The properties of an `AwsPlatform`, checked and with every default filled in.
 *
 * @internal
 */
export interface AwsSettings {
  readonly name: string;
  /** Region of the provider; undefined where Terraform's environment determines it. */
  readonly region?: string;
  readonly network: IAwsNetwork;
  readonly entry: ResolvedEntry;
  readonly tlsKinds: TlsKind[];
  readonly tags: Readonly<Record<string, string>>;
  readonly dns: ResolvedDns;
  readonly nginxInstanceType: string;
  readonly nginxVersion: string;
  readonly imageId?: string;
  readonly firstBoot: readonly string[];
  readonly nginxEgress: Egress;
  readonly instanceEgress: Egress;
  readonly nginxSecurityGroupIds: readonly string[];
  readonly instanceSecurityGroupIds: readonly string[];
  readonly repositoryArns: readonly string[];
  readonly kmsKeyArns: readonly string[];
  readonly encryptionKeyArn?: string;
  readonly permissionsBoundaryArn?: string;
  readonly rolePath?: string;
  readonly hostDrainSeconds: number;
  readonly statusPort: number;
  readonly logRetentionDays: number;
  readonly alarmTopicArns: readonly string[];
  /** How instances run. */
  readonly instances: InstanceSettings;
  /** Checked together with the backplane. */
  readonly redis?: AwsRedisOptions;
}

/**
 * Resolves the properties of an `AwsPlatform`, before any resource is created.
 *
 * @throws ValidationError for an invalid property
 * @internal
 */
export function resolveSettings(check: Check, props: AwsPlatformProps): AwsSettings {
  const entry = (props.entry ?? AwsEntry.nlb())._resolve(check);
  checkNetwork(check, props.network, entry);
  checkAwsNetwork(check, props, entry);
  const { scope } = check;
  const name = check.text(
    'name',
    props.name ?? `${TerraformStack.of(scope).node.id.toLowerCase()}-${resourceName(scope)}`,
    NAME,
  );
  const nginxInstanceType = check.text(
    'nginxInstanceType',
    props.nginxInstanceType ?? 't4g.small',
    INSTANCE_TYPE,
  );
  const repositoryArns = check.texts('repositoryArns', props.repositoryArns ?? [], REPOSITORY_ARN);
  const hostDrain = resolveDuration(check, 'hostDrain', props.hostDrain ?? '15m', '30s', '1h');
  const statusPort = resolveStatusPort(check, props.statusPort, entry);
  const region = resolveRegion(check, props);
  const alarmTopicArns = check.texts('alarmTopicArns', props.alarmTopicArns ?? [], TOPIC_ARN);
  alarmTopicArns.forEach((arn, index) =>
    checkRegion(check, `alarmTopicArns[${index}]`, arn, region),
  );
  const webAclArn = entry.balancer?.webAclArn;
  if (webAclArn !== undefined) {
    checkRegion(check, 'entry.webAclArn', webAclArn, region);
  }
  const dns = resolveDns(check, props, { name, region });
  const tags = resolveTags(check, props.tags);
  const nginxSecurityGroupIds = resolveGroups(check, props, 'nginxSecurityGroupIds');
  const instanceSecurityGroupIds = resolveGroups(check, props, 'instanceSecurityGroupIds');
  const shared = { ...props, hasIpv6: props.network instanceof AwsNetwork && props.network.ipv6 };
  const nginxEgress = resolveEgress(
    check,
    'nginxEgress',
    props.nginxEgress,
    shared,
    nginxSecurityGroupIds.length,
  );
  const instanceEgress = resolveEgress(
    check,
    'instanceEgress',
    props.instanceEgress,
    shared,
    instanceSecurityGroupIds.length,
  );
  const nginxVersion = check.text('nginxVersion', props.nginxVersion ?? '1.30', NGINX_LINE);
  if (props.imageId !== undefined) {
    check.text('imageId', props.imageId, AMI_ID);
  }
  const logRetentionDays = resolveRetention(check, props.logRetentionDays);
  const kmsKeyArns = check.texts('kmsKeyArns', props.kmsKeyArns ?? [], KEY_ARN);
  const { encryptionKeyArn, permissionsBoundaryArn, rolePath } = props;
  if (encryptionKeyArn !== undefined) {
    check.text('encryptionKeyArn', encryptionKeyArn, KEY_ARN);
    checkRegion(check, 'encryptionKeyArn', encryptionKeyArn, region);
  }
  if (permissionsBoundaryArn !== undefined) {
    check.text('permissionsBoundaryArn', permissionsBoundaryArn, POLICY_ARN);
  }
  if (rolePath !== undefined) {
    check.text('rolePath', rolePath, ROLE_PATH);
  }
  const firstBoot = resolveFirstBoot(check, props.firstBoot ?? []);
  return {
    name,
    region,
    network: props.network,
    entry,
    tlsKinds: TLS_KINDS[entry.balancer?.kind ?? 'none'],
    tags,
    dns,
    nginxInstanceType,
    nginxVersion,
    imageId: props.imageId,
    firstBoot,
    nginxEgress,
    instanceEgress,
    nginxSecurityGroupIds,
    instanceSecurityGroupIds,
    repositoryArns,
    kmsKeyArns,
    encryptionKeyArn,
    permissionsBoundaryArn,
    rolePath,
    hostDrainSeconds: Math.ceil(hostDrain.milliseconds / 1000),
    statusPort,
    logRetentionDays,
    alarmTopicArns,
    instances: resolveInstanceSettings(check, props, region),
    redis: props.redis,
  };
}

function checkNetwork(check: Check, network: IAwsNetwork, entry: ResolvedEntry): void {
  const { vpcId, publicSubnetIds, privateSubnetIds } = network;
  check.text('network.vpcId', vpcId, VPC_ID);
  const [min, why] =
    entry.balancer === undefined
      ? [1, '']
      : [2, ': the failure of one zone would take everything down'];
  for (const [property, ids] of [
    ['network.publicSubnetIds', publicSubnetIds],
    ['network.privateSubnetIds', privateSubnetIds],
  ] as const) {
    check.texts(property, ids, SUBNET_ID, { max: 16 });
    if (ids.length < min) {
      check.refuse(property, {
        problem: `${ids.length === 0 ? 'no subnet is' : `only ${ids.length} subnet is`} given${why}`,
        allowed: `${min} to 16 subnets, each in a different zone`,
        remedy: min === 1 ? undefined : 'For a single zone, use entry: AwsEntry.single().',
      });
    }
  }
}

/** Checks of a network whose provider and IP versions are known, because this stack creates it. */
function checkAwsNetwork(
  check: Check,
  { network, provider }: AwsPlatformProps,
  entry: ResolvedEntry,
): void {
  if (!(network instanceof AwsNetwork)) {
    return;
  }
  if (network.provider !== provider) {
    check.refuse('network', {
      problem: `${network.node.path} uses another provider, which may be in another region or account`,
      remedy:
        'Use one provider for both: new AwsPlatform(…, { provider, network: new AwsNetwork(…, { provider }) }).',
    });
  }
  if (entry.balancer?.ipv6 && !network.ipv6) {
    check.refuse('entry.ipv6', {
      problem: `the subnets of ${network.node.path} have no IPv6`,
      allowed: 'a network whose subnets have IPv6, or no ipv6',
      remedy: 'Let the network have it: new AwsNetwork(…, { ipv6: true }).',
    });
  }
}

/** AWS allows 5 groups at an interface, and up to 16 on request. One is the platform's. */
function resolveGroups(
  check: Check,
  props: AwsPlatformProps,
  property: 'nginxSecurityGroupIds' | 'instanceSecurityGroupIds',
): string[] {
  return check.texts(property, props[property] ?? [], SECURITY_GROUP_ID, { max: 15 });
}

function resolveStatusPort(check: Check, port = 8081, entry: ResolvedEntry): number {
  check.integer('statusPort', port, 1, 65_535);
  const taken: readonly number[] =
    entry.balancer === undefined ? [PUBLIC_HTTP, PUBLIC_HTTPS] : Object.values(PORTS);
  if (taken.includes(port)) {
    check.refuse('statusPort', {
      problem: `nginx already listens on port ${port}`,
      allowed: `a port other than ${taken.join(', ')}`,
    });
  }
  return port;
}

function resolveRegion(check: Check, { provider, region }: AwsPlatformProps): string | undefined {
  if (region === undefined) {
    return provider?.region;
  }
  if (provider !== undefined) {
    check.refuse('region', {
      problem: 'provider is given as well, and has its own region',
      allowed: 'one of the two',
    });
  }
  return check.text('region', region, REGION);
}

/** The commands are encoded at synth. What the shell reads in them is its own, and Terraform reads nothing. */
function resolveFirstBoot(check: Check, lines: readonly string[]): string[] {
  return check.list('firstBoot', lines).map((line, index) => {
    const property = `firstBoot[${index}]`;
    check.text(property, line, SHELL_LINE);
    // No variable of a shell has a dot in its name.
    const [expression] = /[$]\{[A-Za-z_]\w*\.[^}]*\}?/.exec(line) ?? [];
    if (expression !== undefined) {
      check.refuse(property, {
        problem: `${show(expression)} is an expression of Terraform, which does not read these commands`,
        allowed: SHELL_LINE.allowed,
        remedy:
          'Let the command read the value on the host, e.g. from Parameter Store or from the instance metadata.',
      });
    }
    return line;
  });
}

function resolveRetention(check: Check, days = 30): number {
  if (!RETENTION_DAYS.includes(days)) {
    check.refuse('logRetentionDays', {
      problem: `CloudWatch does not support a retention of ${days} days`,
      allowed: RETENTION_DAYS.join(', '),
    });
  }
  return days;
}
