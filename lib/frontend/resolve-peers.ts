import { Token } from 'cdktf';
import type { UpstreamServer } from '../model/upstream';
import type { Peer } from '../nginx/intent';
import { isName } from '../nginx/names';
import { isAtLeast, type NginxVersion, printVersion, RESOLVE_PARAMETER } from '../nginx/version';
import type { FrontContext } from './front-context';
import { describeVersion } from './resolve-version';

/**
 * The servers behind nginx, with those marked whose names it looks up again and again.
 *
 * @throws ValidationError for a name that has to be followed where nginx cannot, and for a contradiction
 * @internal
 */
export function resolvePeers(context: FrontContext, version: NginxVersion): Peer[] {
  const { check, props, layout, tokens } = context;
  const { upstream } = props;
  const peers = upstream._resolve(check, tokens);
  peers.forEach((peer, index) => checkServer(context, upstream.list[index]!, peer, index));
  const followed = peers.map((peer, index) => isFollowed(peer, upstream.list[index]!));
  const first = followed.indexOf(true);
  if (layout.resolver === undefined || first < 0) {
    return peers;
  }
  if (!isAtLeast(version, RESOLVE_PARAMETER)) {
    refuseOldNginx(context, first);
    return peers;
  }
  return peers.map((peer, index) => (followed[index] ? { ...peer, resolve: true } : peer));
}

/** Whether the addresses of a server may change. A Token alone may turn out to be an address. */
function isFollowed({ address }: Peer, { resolve }: UpstreamServer): boolean {
  return resolve ?? (isName(address) && !/^localhost:/i.test(address));
}

function checkServer(
  { check, props: { platform, upstream }, layout }: FrontContext,
  { address, resolve = false, severalInstances = false }: UpstreamServer,
  peer: Peer,
  index: number,
): void {
  const property = `upstream.servers[${index}]`;
  if ((resolve || severalInstances) && !isName(peer.address) && !Token.isUnresolved(address)) {
    check.refuse(`${property}.${resolve ? 'resolve' : 'severalInstances'}`, {
      problem: `${address} is an address, which stands for itself`,
      allowed: 'true for a name',
    });
  }
  if (resolve && layout.resolver === undefined) {
    check.refuse(`${property}.resolve`, {
      problem: `nginx on ${platform.traits.name} has no name server to ask`,
      allowed: 'true where the layout of the platform has a resolver',
      remedy:
        'Set the resolver of the platform. Without it, leave resolve out: nginx looks the name up when it reloads.',
    });
  }
  if (severalInstances && upstream.marksSessionIds) {
    check.refuse(`${property}.severalInstances`, {
      problem:
        'marksSessionIds is set as well, and an id names a place in the list, which several instances share here',
      allowed: 'one of the two',
    });
  }
}

/** A name that is looked up once leads nowhere after a while. Only the user can know that it does not change. */
function refuseOldNginx({ check, props }: FrontContext, first: number): void {
  const { cluster, platform, upstream } = props;
  const floor = printVersion(RESOLVE_PARAMETER);
  if (cluster === undefined && !upstream.list.some(({ resolve }) => resolve)) {
    check.warn(
      `nginx looks up ${upstream.list[first]!.address} only when it reloads, because nginxVersion ${describeVersion(props)} is older than ${floor}. ` +
        'If its addresses may change, run a newer nginx; if not, set resolve: false for that server.',
    );
    return;
  }
  check.refuse('nginxVersion', {
    problem: `${describeVersion(props)} is too old: it looks up each name only once, but on ${platform.traits.name} the addresses behind names change`,
    allowed: `at least ${floor}`,
    remedy: 'Run a newer nginx there.',
  });
}
