import { isIPv4 } from 'node:net';
import type { TextRule } from '../../../validation/check';
import { IP_ADDRESS, IP_RANGE, SERVER_NAME } from '../../../validation/text-rules';

export const NAME: TextRule = {
  name: 'a name for AWS resources',
  allowed:
    'lower-case letters, digits and "-", at most 40, beginning with a letter, but not with "internal-" or "sg-"',
  knownAtSynth: true,
  accepts: (text) => /^(?!internal-|sg-)[a-z](?:[a-z0-9]|-(?!-|$)){0,39}$/.test(text),
};

export const REGION: TextRule = {
  name: 'a region',
  allowed: 'an AWS region: "eu-central-1"',
  accepts: (text) => /^[a-z]{2,}(?:-[a-z]+)+-\d$/.test(text),
};

export const VPC_ID: TextRule = {
  name: 'the id of a VPC',
  allowed: '"vpc-" and hexadecimal digits',
  accepts: (text) => /^vpc-[0-9a-f]{8,17}$/.test(text),
};

export const SUBNET_ID: TextRule = {
  name: 'the id of a subnet',
  allowed: '"subnet-" and hexadecimal digits',
  accepts: (text) => /^subnet-[0-9a-f]{8,17}$/.test(text),
};

export const ZONE_ID: TextRule = {
  name: 'the id of a hosted zone',
  allowed: '"Z" and capital letters and digits',
  accepts: (text) => /^Z[A-Z0-9]{1,31}$/.test(text),
};

export const AMI_ID: TextRule = {
  name: 'the id of an image',
  allowed: '"ami-" and hexadecimal digits',
  accepts: (text) => /^ami-[0-9a-f]{8,17}$/.test(text),
};

export const INSTANCE_TYPE: TextRule = {
  name: 'an instance type',
  allowed: 'family and size: "t4g.small", "c7g.large"',
  knownAtSynth: true,
  accepts: (text) => /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/.test(text),
};

export const NGINX_LINE: TextRule = {
  name: 'a release line of nginx',
  allowed: '"1.28" or later, without a third number: older ones look up a name only once',
  knownAtSynth: true,
  accepts: (text) => /^1\.(?:2[89]|[3-9]\d)$/.test(text),
};

export const NODE_TYPE: TextRule = {
  name: 'a cache node type',
  allowed: '"cache.", family and size: "cache.t4g.small"',
  accepts: (text) => /^cache\.[a-z][a-z0-9]*\.[a-z0-9]+$/.test(text),
};

export const IPV4_NETWORK: TextRule = {
  name: 'a range of IPv4 addresses for a VPC',
  allowed: 'a network of /16 to /22 from the private ranges: "10.40.0.0/16"',
  knownAtSynth: true,
  accepts: (text) =>
    /^(?:10\.\d{1,3}|172\.(?:1[6-9]|2\d|3[01])|192\.168)\.\d{1,3}\.\d{1,3}\/(?:1[6-9]|2[0-2])$/.test(
      text,
    ),
};

export const SECURITY_RANGE: TextRule = {
  name: 'a range of addresses for a security group',
  allowed:
    'an IPv4 or IPv6 address alone, or a network with its prefix length: "10.0.0.0/8", "fd00::/8"',
  remedy: 'A network has no bits set after its prefix: 10.0.0.5 is in "10.0.0.0/8".',
  accepts: (text) => {
    const [address, prefix] = text.split('/') as [string, string?];
    return (
      IP_RANGE.accepts(text) &&
      (prefix === undefined || !bitsOf(address).slice(Number(prefix)).includes('1'))
    );
  },
};

/** An address as a string of bits. */
function bitsOf(address: string): string {
  const bits = (parts: readonly string[], radix: number, length: number): string =>
    parts.map((part) => parseInt(part, radix).toString(2).padStart(length, '0')).join('');
  if (isIPv4(address)) {
    return bits(address.split('.'), 10, 8);
  }
  // A URL normalizes an address to groups of hexadecimal digits.
  const [before = [], after = []] = new URL(`http://[${address}]`).hostname
    .slice(1, -1)
    .split('::')
    .map((side) => side.split(':').filter((group) => group !== ''));
  const between = Array<string>(8 - before.length - after.length).fill('0');
  return bits([...before, ...between, ...after], 16, 16);
}

export const DNS_SERVER: TextRule = {
  name: 'the address of a DNS server',
  allowed: 'an IPv4 or IPv6 address: "10.0.0.2", "fd00::2"',
  accepts: (text) => IP_ADDRESS.accepts(text),
};

export const SECURITY_GROUP_ID: TextRule = {
  name: 'the id of a security group',
  allowed: '"sg-" and hexadecimal digits',
  accepts: (text) => /^sg-[0-9a-f]{8,17}$/.test(text),
};

export const PREFIX_LIST_ID: TextRule = {
  name: 'the id of a prefix list',
  allowed: '"pl-" and hexadecimal digits',
  accepts: (text) => /^pl-[0-9a-f]{8,17}$/.test(text),
};

export const RECORD_IDENTIFIER: TextRule = {
  name: 'the identifier of a record',
  allowed: 'letters, digits and "-_.", at most 128, beginning with a letter or a digit',
  accepts: (text) => /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(text),
};

export const TAG_VALUE: TextRule = {
  name: 'the value of a tag',
  allowed: 'letters, digits, spaces and "_.:/=+-@", at most 256',
  isData: true,
  accepts: (text) => /^[\p{L}\p{Z}\p{N}_.:/=+@-]{0,256}$/u.test(text),
};

export const CERTIFICATE_ARN: TextRule = {
  name: 'the ARN of a certificate',
  allowed: '"arn:aws:acm:<region>:<account>:certificate/<id>"',
  accepts: (text) => /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[A-Za-z0-9-]+$/.test(text),
};

export const SECRET_ARN: TextRule = {
  name: 'the ARN of a secret',
  allowed: '"arn:aws:secretsmanager:<region>:<account>:secret:<name>-<six characters>"',
  accepts: (text) =>
    /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}$/.test(
      text,
    ),
};

export const PARAMETER_ARN: TextRule = {
  name: 'the ARN of a parameter',
  allowed: '"arn:aws:ssm:<region>:<account>:parameter/<name>"',
  accepts: (text) =>
    /^arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d{12}:parameter\/[A-Za-z0-9_./-]+$/.test(text),
};

export const JSON_KEY: TextRule = {
  name: 'the key of a secret',
  allowed: 'letters, digits, spaces and "_./@+-", at most 128',
  knownAtSynth: true,
  accepts: (text) => /^[A-Za-z0-9 _./@+-]{1,128}$/.test(text),
};

export const ECS_CLUSTER_ARN: TextRule = {
  name: 'the ARN of an ECS cluster',
  allowed: '"arn:aws:ecs:<region>:<account>:cluster/<name>"',
  accepts: (text) =>
    /^arn:aws[a-z-]*:ecs:[a-z0-9-]+:\d{12}:cluster\/[A-Za-z0-9_-]{1,255}$/.test(text),
};

export const CAPACITY_PROVIDER: TextRule = {
  name: 'the name of a capacity provider',
  allowed:
    '"FARGATE", "FARGATE_SPOT", or letters, digits, "_" and "-", not beginning with "aws", "ecs" or "fargate"',
  knownAtSynth: true,
  accepts: (text) =>
    /^FARGATE(?:_SPOT)?$/.test(text) ||
    /^(?!aws|ecs|fargate)[a-z0-9_][a-z0-9_-]{0,254}$/i.test(text),
};

export const NAMESPACE_ID: TextRule = {
  name: 'the id of a namespace',
  allowed: '"ns-" and lower-case letters and digits',
  accepts: (text) => /^ns-[a-z0-9]{8,61}$/.test(text),
};

export const NAMESPACE_NAME: TextRule = {
  name: 'the name of a namespace',
  allowed: 'labels of lower-case letters, digits and hyphens, separated by dots: "chat.internal"',
  knownAtSynth: true,
  accepts: (text) => SERVER_NAME.accepts(text) && text === text.toLowerCase(),
};

export const ROLE_ARN: TextRule = {
  name: 'the ARN of a role',
  allowed: '"arn:aws:iam::<account>:role/<name>"',
  accepts: (text) => /^arn:aws[a-z-]*:iam::\d{12}:role\/[A-Za-z0-9_+=,.@/-]+$/.test(text),
};

export const IAM_ACTION: TextRule = {
  name: 'an action of IAM',
  allowed: 'the prefix of a service and an action: "s3:GetObject", "sqs:*"',
  knownAtSynth: true,
  accepts: (text) => /^[a-z0-9-]+:[A-Za-z0-9*?]+$/.test(text),
};

export const IAM_RESOURCE: TextRule = {
  name: 'a resource of IAM',
  allowed: 'an ARN, or "*" for actions that have no resources',
  alternative:
    'For a variable of the policy, use Fn.rawString("arn:aws:s3:::chat/${aws:PrincipalTag/team}/*").',
  accepts: (text) => text === '*' || /^arn:aws[a-z-]*:[^\s"\\]+$/.test(text),
};

export const TOPIC_ARN: TextRule = {
  name: 'the ARN of a topic',
  allowed: '"arn:aws:sns:<region>:<account>:<name>"',
  accepts: (text) => /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]+$/.test(text),
};

export const WEB_ACL_ARN: TextRule = {
  name: 'the ARN of a web ACL',
  allowed: '"arn:aws:wafv2:<region>:<account>:regional/webacl/<name>/<id>"',
  accepts: (text) =>
    /^arn:aws[a-z-]*:wafv2:[a-z0-9-]+:\d{12}:regional\/webacl\/[A-Za-z0-9_-]+\/[A-Za-z0-9-]+$/.test(
      text,
    ),
};

export const REPOSITORY_ARN: TextRule = {
  name: 'the ARN of an image repository',
  allowed: '"arn:aws:ecr:<region>:<account>:repository/<name>"',
  accepts: (text) => /^arn:aws[a-z-]*:ecr:[a-z0-9-]+:\d{12}:repository\/[a-z0-9._/-]+$/.test(text),
};

export const KEY_ARN: TextRule = {
  name: 'the ARN of a key',
  allowed: '"arn:aws:kms:<region>:<account>:key/<id>"',
  accepts: (text) => /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/.test(text),
};

export const POLICY_ARN: TextRule = {
  name: 'the ARN of an IAM policy',
  allowed: '"arn:aws:iam::<account>:policy/<name>"',
  accepts: (text) => /^arn:aws[a-z-]*:iam::(?:\d{12}|aws):policy\/[A-Za-z0-9/+=,.@_-]+$/.test(text),
};

export const ROLE_PATH: TextRule = {
  name: 'the path of an IAM role',
  allowed: '"/", or folders between slashes: "/team/chat/", at most 512 characters',
  knownAtSynth: true,
  accepts: (text) => text.length <= 512 && /^\/(?:[A-Za-z0-9+=,.@_-]+\/)*$/.test(text),
};

export const BUCKET: TextRule = {
  name: 'the name of a bucket',
  allowed: 'lower-case letters, digits, "-" and ".", 3 to 63: "company-access-logs"',
  accepts: (text) => /^[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]$/.test(text),
};

export const FLOW_LOG_BUCKET_ARN: TextRule = {
  name: 'the ARN of a bucket',
  allowed:
    '"arn:aws:s3:::<bucket>", and a folder if you like: "arn:aws:s3:::company-flow-logs/chat/"',
  accepts: (text) =>
    /^arn:aws[a-z-]*:s3:::[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9](?:\/(?:[A-Za-z0-9!_.*'()-]+\/)*)?$/.test(
      text,
    ) && !text.includes('AWSLogs'),
};

export const LOG_PREFIX: TextRule = {
  name: 'a prefix of access logs',
  allowed: 'a folder without a slash at either end, and without "AWSLogs": "chat/production"',
  accepts: (text) =>
    /^[A-Za-z0-9!_.*'()-]+(?:\/[A-Za-z0-9!_.*'()-]+)*$/.test(text) && !text.includes('AWSLogs'),
};

export const ENGINE_VERSION: TextRule = {
  name: 'a version of Redis or Valkey',
  allowed: 'major and minor version, 7.0 or later: "7.1", "8.0"',
  knownAtSynth: true,
  accepts: (text) => /^(?:[7-9]|[1-9]\d)\.\d{1,2}$/.test(text),
};

export const MAINTENANCE_WINDOW: TextRule = {
  name: 'a maintenance window',
  allowed: 'day and time in UTC, twice, an hour apart or more: "sun:03:00-sun:04:00"',
  accepts: (text) =>
    /^(?:(?:mon|tue|wed|thu|fri|sat|sun):(?:[01]\d|2[0-3]):[0-5]\d(?:-(?!$)|$)){2}$/.test(text),
};

export const SHELL_LINE: TextRule = {
  name: 'a line of shell',
  allowed: 'a command on one line, at most 4000 characters; "${NAME}" is a variable of the shell',
  isData: true,
  isEncoded: true,
  knownAtSynth: true,
  accepts: (text) => text.length > 0 && text.length <= 4000,
};
