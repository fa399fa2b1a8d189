import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { type Check, show, type TextRule } from '../../../validation/check';
import { claimAtSynth } from '../../../terraform/claim-at-synth';
import { withAlias } from '../../../terraform/provider-alias';
import { resourceName } from '../../../terraform/names';
import type { DockerBindings } from './bindings';
import type { Subnet } from './subnet';

const CONTAINER_NAME: TextRule = {
  name: 'a name for containers',
  allowed: 'lower-case letters, digits and "-", at most 40, beginning with a letter or digit',
  knownAtSynth: true,
  accepts: (text) => /^[a-z0-9][a-z0-9-]{0,39}$/.test(text),
};

/**
 * Prefix of the names of everything that a platform creates.
 *
 * @throws ValidationError for a name that containers cannot have
 * @internal
 */
export function resolvePlatformName(check: Check, given: string | undefined): string {
  if (given !== undefined) {
    return check.text('name', given, CONTAINER_NAME);
  }
  const platform = check.scope;
  const name = `${TerraformStack.of(platform).node.id.toLowerCase()}-${resourceName(platform)}`;
  if (!CONTAINER_NAME.accepts(name)) {
    check.refuse('name', {
      problem: `${show(name)}, derived from the ids of stack and platform, is not ${CONTAINER_NAME.name}`,
      allowed: CONTAINER_NAME.allowed,
      remedy: 'Set the name of the platform.',
    });
  }
  return name;
}

const ENGINE: TextRule = {
  name: 'the address of an engine',
  allowed: '"ssh://user@host", "tcp://host:2376" or "unix:///var/run/docker.sock"',
  accepts: (text) => /^(?:ssh|tcp|unix|npipe):\/\/[A-Za-z0-9@:._/[\]-]+$/.test(text),
};

/**
 * Engine that a platform runs on: an existing provider, or the address for a new one; neither for DOCKER_HOST.
 *
 * @internal
 */
export interface EngineChoice {
  readonly provider?: DockerProvider;
  readonly host?: string;
}

/**
 * Engine that a platform runs on.
 *
 * @throws ValidationError for an invalid address, and if a provider is given as well
 * @internal
 */
export function resolveEngine(check: Check, { provider, host }: EngineChoice): EngineChoice {
  if (provider !== undefined && host !== undefined) {
    check.refuse('host', {
      problem: 'provider is given as well, and has its own host',
      allowed: 'one of the two',
    });
  }
  return { provider, host: host === undefined ? undefined : check.text('host', host, ENGINE) };
}

/**
 * The existing provider, or a new one for the address.
 *
 * @internal
 */
export function engineProvider(
  scope: Construct,
  { DockerProvider: Provider }: DockerBindings,
  { provider, host }: EngineChoice,
): DockerProvider {
  return provider ?? withAlias(new Provider(scope, 'Provider', { host }));
}

/**
 * Claims the name of a platform on its engine, within the app.
 *
 * @internal
 */
export function claimName(platform: Construct, engine: EngineChoice, name: string): void {
  const key = `name ${name} of the Docker engine ${engineKey(engine)}`;
  claimAtSynth(platform.node.root, key, { scope: platform, value: name }, ({ scope }) => ({
    property: 'name',
    problem: `${show(name)} is already the name of ${scope.node.path} on the same engine`,
    allowed: 'a different name for each platform of an engine',
    remedy: OTHER_ENGINE,
  }));
}

/**
 * Claims a subnet on an engine, within a stack: stacks may be deployed one at a time.
 *
 * @internal
 */
export function claimSubnet(
  platform: Construct,
  engine: EngineChoice,
  driver: 'bridge' | 'overlay',
  subnet: Subnet,
): void {
  const key = `${driver} networks of the Docker engine ${engineKey(engine)}`;
  const claim = { scope: platform, value: subnet };
  claimAtSynth(TerraformStack.of(platform), key, claim, ({ scope, value: earlier }) =>
    earlier.overlaps(subnet)
      ? {
          property: 'subnet',
          problem: `${subnet.cidr} overlaps with ${earlier.cidr} of ${scope.node.path} on the same engine`,
          allowed: 'a different subnet for each platform of an engine',
          remedy: `Set subnet. ${OTHER_ENGINE}`,
        }
      : undefined,
  );
}

const OTHER_ENGINE = 'If the engines differ, set host or provider for each platform.';

/**
 * Engine of a provider, to compare it with that of another one. Two without a host share DOCKER_HOST.
 *
 * @internal
 */
export function engineKey({ provider, host }: EngineChoice): string {
  return JSON.stringify([provider?.host ?? host, provider?.context]);
}
