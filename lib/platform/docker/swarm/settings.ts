import type { Check, TextRule } from '../../../validation/check';
import { resolveDuration } from '../../../validation/duration';
import { CONTAINER_FOLDER, CONTAINER_USER, IMAGE } from '../../../validation/text-rules';
import { HealthProbe } from '../../../model/health-probe';
import type { PlatformTraits } from '../../contract';
import { DEFAULT_NGINX, resolveNginxVersion } from '../engine/images';
import { resolvePublishedPorts } from '../engine/ports';
import { type EngineChoice, resolveEngine, resolvePlatformName } from '../engine/provider';
import type { PublishedPorts } from '../engine/published-ports';
import { Subnet } from '../engine/subnet';
import type { DockerSwarmPlatformProps } from './docker-swarm-platform-props';

/** Name of the platform in error messages. */
export const NAME = 'DockerSwarmPlatform';

const CONSTRAINT: TextRule = {
  name: 'a placement constraint',
  allowed: '"node.labels.edge == true", "node.hostname != one", "node.role == worker"',
  accepts: (text) => /^(?:node|engine)\.[A-Za-z0-9._-]+ ?[!=]= ?[A-Za-z0-9._:/-]+$/.test(text),
};

/**
 * Everything that the properties of a `DockerSwarmPlatform` decide.
 *
 * @internal
 */
export interface SwarmSettings {
  readonly engine: EngineChoice;
  readonly traits: PlatformTraits;
  /** Prefix of all names. */
  readonly name: string;
  /** Undefined for a range from the swarm's own pool. */
  readonly subnet?: Subnet;
  readonly encrypted: boolean;
  readonly nginxImage: string;
  /** Checked in `runRedis`, so that the error names the backplane. */
  readonly redisImage?: string;
  readonly publish: Required<PublishedPorts>;
  /** Number of nodes that run an nginx. */
  readonly fronts: number;
  readonly frontConstraints: readonly string[];
  readonly frontDrainMs: number;
  readonly monitorMs: number;
  readonly instanceUser: string;
  readonly probe: HealthProbe;
  readonly writableFolders: readonly string[];
}

/**
 * Settings of a `DockerSwarmPlatform`, checked before anything is built.
 *
 * @throws ValidationError for an invalid property
 * @internal
 */
export function resolveSettings(check: Check, props: DockerSwarmPlatformProps): SwarmSettings {
  const name = resolvePlatformName(check, props.name);
  const nginxImage = check.text('nginxImage', props.nginxImage ?? DEFAULT_NGINX, IMAGE);
  const { subnet, frontDrain, monitor } = props;
  return {
    engine: resolveEngine(check, props),
    traits: {
      name: NAME,
      sharesAddress: false,
      // A node publishes on all of its addresses.
      isPublic: true,
      seesClientAddresses: props.seesClientAddresses ?? false,
      nginxVersion: resolveNginxVersion(check, nginxImage, props.nginxVersion),
    },
    name,
    subnet: subnet === undefined ? undefined : new Subnet(check, 'subnet', subnet),
    encrypted: props.encrypted ?? true,
    nginxImage,
    redisImage: props.redisImage,
    publish: resolvePublishedPorts(check, props.publish),
    fronts: check.integer('fronts', props.fronts ?? 1, 1, 64),
    frontConstraints: check.texts('frontConstraints', props.frontConstraints ?? [], CONSTRAINT),
    frontDrainMs: resolveDuration(check, 'frontDrain', frontDrain ?? '2s', '1s', '1h').milliseconds,
    monitorMs: resolveDuration(check, 'monitor', monitor ?? '5s', '1s', '10m').milliseconds,
    instanceUser: check.text('instanceUser', props.instanceUser ?? '1000:1000', CONTAINER_USER),
    probe: props.probe ?? HealthProbe.node(),
    writableFolders: check.texts(
      'writableFolders',
      props.writableFolders ?? ['/tmp'],
      CONTAINER_FOLDER,
    ),
  };
}
