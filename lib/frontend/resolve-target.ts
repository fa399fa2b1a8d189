import { TerraformStack } from 'cdktf';
import type { IAiwmCluster } from '../cluster/aiwm-cluster';
import type { Upstream } from '../model/upstream';
import type { IPlatform } from '../platform/platform';
import type { Check } from '../validation/check';
import type { NginxWsFrontendProps } from './nginx-ws-frontend-props';

/**
 * The servers behind nginx, and the platform that runs it.
 *
 * @throws ValidationError unless there is one of `cluster` and `upstream`, and for a cluster that nginx cannot wait for
 * @internal
 */
export function resolveTarget(
  check: Check,
  { cluster, upstream, platform }: NginxWsFrontendProps,
): { platform: IPlatform; upstream: Upstream } {
  if (cluster !== undefined) {
    if (upstream !== undefined) {
      check.refuse('upstream', { problem: 'cluster is given as well', allowed: 'one of the two' });
    }
    checkCluster(check, cluster, platform);
    return { platform: cluster.platform, upstream: cluster.upstream };
  }
  if (upstream === undefined) {
    check.refuse('cluster', {
      problem: 'neither cluster nor upstream is given',
      allowed: 'one of the two',
      remedy:
        'Pass the AiwmCluster as cluster, or existing servers as upstream: Upstream.servers([…]).',
    });
  }
  if (platform === undefined) {
    check.refuse('platform', {
      problem: 'an upstream alone does not determine where nginx runs',
      allowed: 'a platform, e.g. new LocalPlatform(this, "Platform")',
    });
  }
  return { platform, upstream };
}

/** The network of a cluster is its platform's own, and nginx can wait only for what its own stack creates. */
function checkCluster(check: Check, cluster: IAiwmCluster, platform?: IPlatform): void {
  const { path } = cluster.node;
  const remedy =
    'For nginx elsewhere, replace cluster by addresses that nginx can reach there: upstream: Upstream.servers([…]). AiwmCluster.instances lists those of the instances.';
  if (TerraformStack.of(cluster) !== TerraformStack.of(check.scope)) {
    check.refuse('cluster', {
      problem: `${path} belongs to another stack`,
      allowed: 'a cluster of the same stack',
      remedy,
    });
  }
  if (platform !== undefined && platform !== cluster.platform) {
    check.refuse('platform', {
      problem: `the instances of ${path} run on ${cluster.platform.node.path}, not on ${platform.node.path}`,
      allowed: 'the platform of the cluster, which is the default',
      remedy,
    });
  }
}
