import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { type Check, show, type TextRule } from '../../../validation/check';
import { withAlias } from '../../../terraform/provider-alias';
import { resourceName } from '../../../terraform/names';
import type { DockerBindings } from './bindings';

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
