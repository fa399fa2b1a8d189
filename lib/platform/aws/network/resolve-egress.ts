import { Token } from 'cdktf';
import { type Check, show } from '../../../validation/check';
import { AwsProtocol, type AwsDestination, type AwsEgress } from '../aws-egress';
import { canonicalRange, rangeId } from '../base/ranges';
import { DNS_SERVER, PREFIX_LIST_ID, SECURITY_GROUP_ID, SECURITY_RANGE } from '../base/text-rules';

/**
 * Port of HTTPS. Packages, images, releases and Systems Manager all use it.
 *
 * @internal
 */
export const HTTPS_PORT = 443;

/**
 * Port of DNS servers.
 *
 * @internal
 */
export const DNS_PORT = 53;

const ANY_IPV4: AwsDestination = { range: '0.0.0.0/0' };
const ANY_IPV6: AwsDestination = { range: '::/0' };

/**
 * A rule of a security group for outbound connections.
 *
 * @internal
 */
export interface EgressRule {
  /** Id of the rule, after that of its group. Empty for HTTPS to any IPv4 address. */
  readonly id: string;
  readonly protocol: AwsProtocol;
  readonly port: number;
  readonly destination: AwsDestination;
  /** Reason of the rule, on which its description depends. */
  readonly purpose: 'https' | 'dns' | 'own';
}

/**
 * Destinations that the hosts or the instances of a platform may connect to.
 *
 * @internal
 */
export interface Egress {
  readonly rules: readonly EgressRule[];
  /** Whether no further security group may open other destinations. */
  readonly isComplete: boolean;
}

/**
 * The destinations that all hosts and instances share.
 *
 * @internal
 */
export interface SharedEgress {
  readonly httpsEgress?: readonly AwsDestination[];
  readonly dnsServers?: readonly string[];
  /** Whether the subnets have IPv6. */
  readonly hasIpv6: boolean;
}

/**
 * Resolves the destinations of one security group.
 *
 * @param property - property of the group's own destinations
 * @param furtherGroups - number of security groups that are added to this one
 * @throws ValidationError for an invalid destination, and for one that is already open, because AWS rejects duplicate
 * rules
 * @internal
 */
export function resolveEgress(
  check: Check,
  property: string,
  given: readonly AwsEgress[] = [],
  shared: SharedEgress,
  furtherGroups = 0,
): Egress {
  const open = new Map<string, EgressRule>();
  const add = (name: string, rule: EgressRule): void => {
    const key = `${rule.protocol} ${rule.port} ${destinationKey(rule.destination)}`;
    if (open.has(key)) {
      check.refuse(name, {
        problem: `${rule.protocol.toUpperCase()} port ${rule.port} of ${show(destinationOf(rule.destination))} is already open`,
        allowed:
          'each protocol, port and destination once; httpsEgress (by default 443 of "0.0.0.0/0") and port 53 of dnsServers are open anyway',
      });
    }
    open.set(key, rule);
  };
  for (const [name, rule] of [
    ...httpsRules(check, shared),
    ...dnsRules(check, shared),
    ...ownRules(check, property, given),
  ]) {
    add(name, rule);
  }
  return { rules: [...open.values()], isComplete: furtherGroups === 0 };
}

type Named = readonly [property: string, rule: EgressRule];

function httpsRules(check: Check, { httpsEgress, hasIpv6 }: SharedEgress): Named[] {
  const given = httpsEgress ?? [ANY_IPV4, ...(hasIpv6 ? [ANY_IPV6] : [])];
  if (check.list('httpsEgress', given).length === 0) {
    check.refuse('httpsEgress', {
      problem: 'the list is empty, so no host could receive a release',
      allowed: 'at least one destination: [{ range: "10.0.0.0/8" }]',
    });
  }
  return given.map((each, index) => {
    const property = `httpsEgress[${index}]`;
    const destination = resolveDestination(check, property, each);
    const id = isAnyIpv4(destination) ? '' : `-Https-${destinationId(destination, index)}`;
    return [
      property,
      { id, protocol: AwsProtocol.TCP, port: HTTPS_PORT, destination, purpose: 'https' },
    ];
  });
}

/** DNS answers that are too long for UDP are repeated over TCP. */
function dnsRules(check: Check, { dnsServers = [] }: SharedEgress): Named[] {
  return check.texts('dnsServers', dnsServers, DNS_SERVER, { max: 4 }).flatMap((range, index) =>
    [AwsProtocol.UDP, AwsProtocol.TCP].map((protocol): Named => [
      `dnsServers[${index}]`,
      {
        id: `-${protocol === AwsProtocol.UDP ? 'DnsUdp' : 'DnsTcp'}-${rangeId(range, index)}`,
        protocol,
        port: DNS_PORT,
        destination: { range },
        purpose: 'dns',
      },
    ]),
  );
}

function ownRules(check: Check, property: string, given: readonly AwsEgress[]): Named[] {
  return check.list(property, given).map((egress, index) => {
    const name = `${property}[${index}]`;
    const protocol = check.oneOf(
      `${name}.protocol`,
      egress.protocol ?? AwsProtocol.TCP,
      Object.values(AwsProtocol),
    );
    const destination = resolveDestination(check, name, egress);
    const port = check.integer(`${name}.port`, egress.port, 1, 65_535);
    const id = `${protocol === AwsProtocol.UDP ? '-Udp' : ''}-${port}-${destinationId(destination, index)}`;
    return [name, { id, protocol, port, destination, purpose: 'own' }];
  });
}

/** Keeps the properties of the destination alone. */
function resolveDestination(
  check: Check,
  property: string,
  { range, prefixListId, securityGroupId }: AwsDestination,
): AwsDestination {
  const given = [range, prefixListId, securityGroupId].filter((each) => each !== undefined);
  if (given.length !== 1) {
    check.refuse(property, {
      problem:
        given.length === 0 ? 'no destination is given' : `${given.length} destinations are given`,
      allowed: 'one of range, prefixListId and securityGroupId',
    });
  }
  if (prefixListId !== undefined) {
    return {
      prefixListId: check.text(`${property}.prefixListId`, prefixListId, PREFIX_LIST_ID),
    };
  }
  return securityGroupId === undefined
    ? { range: check.text(`${property}.range`, range!, SECURITY_RANGE) }
    : {
        securityGroupId: check.text(
          `${property}.securityGroupId`,
          securityGroupId,
          SECURITY_GROUP_ID,
        ),
      };
}

function destinationOf({ range, prefixListId, securityGroupId }: AwsDestination): string {
  return range ?? prefixListId ?? securityGroupId ?? '';
}

function destinationKey({ range, ...other }: AwsDestination): string {
  return range === undefined ? destinationOf(other) : canonicalRange(range);
}

/** Id of the rule for a destination, which does not depend on the order of the list. */
function destinationId({ range, ...other }: AwsDestination, index: number): string {
  const id = destinationOf(other);
  return range !== undefined || Token.isUnresolved(id) ? rangeId(range ?? id, index) : id;
}

function isAnyIpv4({ range }: AwsDestination): boolean {
  return range !== undefined && canonicalRange(range) === ANY_IPV4.range;
}
