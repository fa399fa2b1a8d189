import { type Check, show } from '../../../validation/check';
import { resolveDuration } from '../../../validation/duration';
import { IMAGE, IP_ADDRESS } from '../../../validation/text-rules';
import { HealthProbe } from '../../../model/health-probe';
import type { PlatformTraits } from '../../contract';
import { DEFAULT_NGINX, resolveNginxVersion } from '../engine/images';
import { INSIDE_HTTP, INSIDE_HTTPS, resolvePublishedPorts } from '../engine/ports';
import { type EngineChoice, resolveEngine, resolvePlatformName } from '../engine/provider';
import { Subnet } from '../engine/subnet';
import type { DockerPlatformProps, DockerPublish } from './docker-platform-props';

/** Name of the platform in error messages. */
export const NAME = 'DockerPlatform';

/**
 * Everything that the properties of a `DockerPlatform` decide.
 *
 * @internal
 */
export interface DockerSettings {
  readonly engine: EngineChoice;
  readonly traits: PlatformTraits;
  /** Prefix of all names. */
  readonly name: string;
  readonly subnet: Subnet;
  readonly nginxImage: string;
  /** Checked in `runRedis`, so that the error names the backplane. */
  readonly redisImage?: string;
  readonly publish: Required<DockerPublish>;
  readonly hostNetwork: boolean;
  readonly statusPort: number;
  /** Time from a reload to the end of the instances that it has replaced, at the most. */
  readonly drainSeconds: number;
  readonly probe: HealthProbe;
  /** Checked in `runInstances`, so that the error names the cluster. */
  readonly writableFolders: readonly string[];
}

/**
 * Settings of a `DockerPlatform`, checked before anything is built.
 *
 * @throws ValidationError for an invalid property
 * @internal
 */
export function resolveSettings(check: Check, props: DockerPlatformProps): DockerSettings {
  const name = resolvePlatformName(check, props.name);
  const nginxImage = check.text('nginxImage', props.nginxImage ?? DEFAULT_NGINX, IMAGE);
  const subnet = new Subnet(check, 'subnet', props.subnet ?? Subnet.nameOf(name));
  const publish = {
    address: check.text('publish.address', props.publish?.address ?? '0.0.0.0', IP_ADDRESS),
    ...resolvePublishedPorts(check, props.publish),
  };
  const hostNetwork = props.hostNetwork ?? false;
  const statusPort = check.integer('statusPort', props.statusPort ?? 8081, 1, 65_535);
  checkListeners(check, publish, hostNetwork, statusPort);
  return {
    engine: resolveEngine(check, props),
    traits: {
      name: NAME,
      sharesAddress: false,
      isPublic: !publish.address.startsWith('127.') && publish.address !== '::1',
      seesClientAddresses: props.seesClientAddresses ?? hostNetwork,
      nginxVersion: resolveNginxVersion(check, nginxImage, props.nginxVersion),
    },
    name,
    subnet,
    nginxImage,
    redisImage: props.redisImage,
    publish,
    hostNetwork,
    statusPort,
    drainSeconds: Math.ceil(
      resolveDuration(check, 'drainTimeout', props.drainTimeout ?? '30s', '0s', '15m')
        .milliseconds / 1000,
    ),
    probe: props.probe ?? HealthProbe.node(),
    writableFolders: props.writableFolders ?? ['/tmp'],
  };
}

function checkListeners(
  check: Check,
  { address, https, http }: Required<DockerPublish>,
  hostNetwork: boolean,
  statusPort: number,
): void {
  const taken = hostNetwork ? [http, https] : [INSIDE_HTTP, INSIDE_HTTPS];
  if (taken.includes(statusPort)) {
    check.refuse('statusPort', {
      problem: `nginx already listens on port ${statusPort}`,
      allowed: `a port other than ${taken.join(', ')}`,
    });
  }
  if (address.includes(':') && !hostNetwork) {
    check.refuse('publish.address', {
      problem: `the network of the containers has no IPv6, so Docker would hide all clients of ${show(address)} behind one address`,
      allowed: 'an IPv4 address',
      remedy: 'Or let nginx use the network of its host: hostNetwork: true.',
    });
  }
}
