import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { Construct } from 'constructs';
import type { Check, TextRule } from '../../check';
import type { DockerBindings } from './bindings';

/** What the names of all that a platform makes begin with. */
export const CONTAINER_NAME: TextRule = {
  name: 'a name for containers',
  allowed: 'lower-case letters, digits and "-", at most 40, beginning with a letter or digit',
  accepts: (text) => /^[a-z0-9][a-z0-9-]{0,39}$/.test(text),
};

const ENGINE: TextRule = {
  name: 'the address of an engine',
  allowed: '"ssh://user@host", "tcp://host:2376" or "unix:///var/run/docker.sock"',
  accepts: (text) => /^(?:ssh|tcp|unix|npipe):\/\/[A-Za-z0-9@:._/[\]-]+$/.test(text),
};

/**
 * Which engine a platform is on.
 *
 * @internal
 */
export interface EngineChoice {
  readonly provider?: DockerProvider;
  readonly host?: string;
}

/**
 * The provider that was given, or one for an engine.
 *
 * @param alias - so that a stack can have other engines beside this one
 * @throws ValidationError when both are given
 * @internal
 */
export function engineProvider(
  scope: Construct,
  check: Check,
  { DockerProvider: Provider }: DockerBindings,
  { provider, host }: EngineChoice,
  alias: string,
): DockerProvider {
  if (provider !== undefined && host !== undefined) {
    check.refuse('host', 'provider is given as well, and names its own', 'one of the two');
  }
  return (
    provider ??
    new Provider(scope, 'Provider', {
      alias,
      host: host === undefined ? undefined : check.text('host', host, ENGINE),
    })
  );
}
