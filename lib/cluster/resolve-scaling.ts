import type { ResolvedScaling } from '../platform/contract';
import type { Check } from '../validation/check';
import type { AiwmClusterProps } from './aiwm-cluster-props';

/** Addresses in an answer of a name server such as that of AWS. */
const MAX_ADDRESSES = 8;

/** Use of the processors at which an instance still has room for the clients of one that fails. */
const DEFAULT_PROCESSOR_PERCENT = 60;

/**
 * Scaling of a cluster; undefined for a fixed number of instances.
 *
 * @throws ValidationError for a platform that cannot scale, and for properties that need numbered instances
 * @internal
 */
export function resolveScaling(check: Check, props: AiwmClusterProps): ResolvedScaling | undefined {
  const { scaling } = props;
  if (scaling === undefined) {
    return undefined;
  }
  checkPlatform(check, props);
  checkNumbers(check, props);
  const percent = (property: string, value: number) =>
    check.integer(`scaling.${property}`, value, 10, 90);
  if (scaling.max > MAX_ADDRESSES) {
    check.refuse('scaling.max', {
      problem: `a name has at most ${MAX_ADDRESSES} addresses in an answer, so nginx would know ${MAX_ADDRESSES} of ${scaling.max} instances at a time, and clients with a cookie would lose theirs`,
      allowed: `at most ${MAX_ADDRESSES}`,
      remedy: 'Give each instance more processors and memory by limits.',
    });
  }
  const max = check.integer('scaling.max', scaling.max, 1, MAX_ADDRESSES);
  return {
    min: check.integer('scaling.min', scaling.min, 1, max),
    max,
    processorPercent: percent('processor', scaling.processor ?? DEFAULT_PROCESSOR_PERCENT),
    memoryPercent: scaling.memory === undefined ? undefined : percent('memory', scaling.memory),
    connections:
      scaling.connections === undefined
        ? undefined
        : check.integer('scaling.connections', scaling.connections, 10, 1_000_000),
    scaleIn: scaling.scaleIn ?? false,
  };
}

function checkPlatform(check: Check, { platform: { traits } }: AiwmClusterProps): void {
  if (!traits.scales) {
    check.refuse('scaling', {
      problem: `${traits.name} runs a fixed number of instances`,
      allowed: 'no scaling, or a platform that scales, such as AwsPlatform',
      remedy: 'Set instances instead.',
    });
  }
}

/** Instances that come and go have no numbers, and a client may get another one at any time. */
function checkNumbers(check: Check, props: AiwmClusterProps): void {
  const { instances, backplane, drained = [], marksSessionIds } = props;
  if (instances !== undefined) {
    check.refuse('scaling', {
      problem: 'instances is given as well',
      allowed: 'one of the two',
      remedy: `For ${instances} instances at the least: scaling: { min: ${instances}, max: … }.`,
    });
  }
  if (backplane === undefined) {
    check.refuse('scaling', {
      problem:
        'there is no backplane, and clients reach other instances as instances come and go: events would not reach them',
      allowed: 'scaling with a backplane',
      remedy: 'Give the cluster a RedisAdapterBackplane, or set instances.',
    });
  }
  if (drained.length > 0) {
    check.refuse('drained', {
      problem: 'the instances of a cluster with scaling have no numbers',
      allowed: 'drained for a cluster with instances',
    });
  }
  if (marksSessionIds) {
    check.refuse('marksSessionIds', {
      problem: 'the instances of a cluster with scaling have no numbers to begin session ids with',
      allowed: 'marksSessionIds for a cluster with instances',
      remedy: 'Leave it out: a cookie keeps long-polling sessions on their instances.',
    });
  }
}
