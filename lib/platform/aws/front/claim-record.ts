import { TerraformStack, Token } from 'cdktf';
import type { Construct } from 'constructs';
import { claimAtSynth } from '../../../terraform/claim-at-synth';
import { show } from '../../../validation/check';
import type { ResolvedRouting } from '../base/resolved-dns';

/** A record whose name others may want as well. */
interface ClaimedRecord {
  readonly name: string;
  readonly zoneId: string;
  readonly routing?: ResolvedRouting;
}

/**
 * Claims the record of a front's name. Route 53 has one simple record for a name, or several with a routing of one kind.
 *
 * @internal
 */
export function claimName(scope: Construct, record: ClaimedRecord): void {
  claim(scope, 'DNS record', '', record, ({ routing: earlier }) => {
    const { routing } = record;
    return (
      areApart(earlier, routing) &&
      (earlier?.weight === undefined) === (routing?.weight === undefined)
    );
  });
}

/**
 * Claims the record that validates a name. All certificates of an account for a name share it, so a front that is removed
 * would take it away from the others, and their certificates would expire.
 *
 * @param account - key of the account of the certificate
 * @internal
 */
export function claimValidation(
  scope: Construct,
  record: ClaimedRecord & { readonly account: string },
): void {
  claim(scope, 'validation record', record.account, record, ({ routing: earlier }) =>
    areApart(earlier, record.routing),
  );
}

function areApart(one?: ResolvedRouting, other?: ResolvedRouting): boolean {
  return one !== undefined && other !== undefined && one.identifier !== other.identifier;
}

function claim(
  scope: Construct,
  kind: string,
  account: string,
  record: ClaimedRecord,
  mayBoth: (earlier: ClaimedRecord) => boolean,
): void {
  const { name, zoneId } = record;
  if ([name, zoneId].some(Token.isUnresolved)) {
    return;
  }
  const key = `${kind} of ${name} in the hosted zone ${zoneId} for ${account}`;
  // Stacks of an app may be alternatives, of which one is deployed.
  claimAtSynth(
    TerraformStack.of(scope),
    key,
    { scope, value: record },
    ({ scope: other, value }) =>
      mayBoth(value)
        ? undefined
        : {
            property: 'serverName',
            problem: `${other.node.path} has the same ${kind} in the hosted zone ${zoneId}: ${show(name)}`,
            allowed: 'a record of its own for each front',
            remedy:
              'Within a platform, give all names to one front. Across platforms, give each a routing of the same kind and an identifier of its own: dns: { hostedZoneId, routing: AwsDnsRouting.weighted(…) }.',
          },
  );
}
