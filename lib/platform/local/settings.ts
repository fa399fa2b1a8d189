import { TerraformStack } from 'cdktf';
import { resourceName } from '../../terraform/names';
import { fromStackFolder } from '../../terraform/stack-paths';
import { addressesOverlap } from '../../validation/addresses';
import type { Check } from '../../validation/check';
import { FILE_PATH, IP_ADDRESS, NAME_SERVER } from '../../validation/text-rules';
import { claimStateFolder } from './claims';
import type { LocalPlatformProps } from './local-platform-props';

/**
 * Address of everything that only the front has to reach: instances and Redis.
 *
 * @internal
 */
export const LOOPBACK = '127.0.0.1';

/**
 * Properties of a `LocalPlatform`, checked and with their defaults.
 *
 * Paths are relative to the folder of the synthesized stack, where Terraform runs.
 *
 * @internal
 */
export interface LocalSettings {
  readonly stateDir: string;
  readonly addresses: readonly string[];
  readonly httpsPort: number;
  readonly httpPort: number;
  readonly redisPort: number;
  readonly nginx: string;
  readonly nginxVersion: string;
  /** Name server that nginx asks; undefined for none. */
  readonly resolver?: string;
  /** Program to run as Redis; undefined for the one named after the engine. */
  readonly redisServer?: string;
}

/**
 * Checks all properties of a platform and fills in their defaults.
 *
 * @internal
 * @throws ValidationError for an invalid property
 */
export function resolveSettings(check: Check, props: LocalPlatformProps): LocalSettings {
  const { scope } = check;
  const stateDir =
    props.stateDir ?? `.aiwm/${TerraformStack.of(scope).node.id}-${resourceName(scope)}`;
  const settings = {
    addresses: resolveAddresses(check, props.addresses),
    httpsPort: check.integer('httpsPort', props.httpsPort ?? 8443, 1, 65_535),
    httpPort: check.integer('httpPort', props.httpPort ?? 8080, 1, 65_535),
    redisPort: check.integer('redisPort', props.redisPort ?? 6379, 1, 65_535),
    nginx: resolveProgram(check, 'nginx', props.nginx ?? 'nginx'),
    // The front checks it, as on every platform.
    nginxVersion: props.nginxVersion ?? '1.22',
    resolver:
      props.resolver === undefined
        ? undefined
        : check.text('resolver', props.resolver, NAME_SERVER),
    redisServer:
      props.redisServer === undefined
        ? undefined
        : resolveProgram(check, 'redisServer', props.redisServer),
    stateDir: fromStackFolder(scope, check.text('stateDir', stateDir, FILE_PATH)),
  };
  claimStateFolder(check, stateDir, settings.stateDir);
  return settings;
}

function resolveAddresses(check: Check, given: readonly string[] = [LOOPBACK]): string[] {
  const addresses = check.texts('addresses', given, IP_ADDRESS, { min: 1, max: 16 });
  addresses.forEach((address, index) => {
    const other = addresses.slice(0, index).find((each) => addressesOverlap(each, address));
    if (other !== undefined) {
      check.refuse(`addresses[${index}]`, {
        problem: `"${other}" is listed as well, and nginx cannot listen on both`,
        allowed: 'addresses that do not contain each other, e.g. "127.0.0.1" and "::1"',
      });
    }
  });
  return addresses;
}

/** Program as Terraform starts it: a path from the stack's folder, or a bare name on the PATH. */
function resolveProgram(check: Check, property: string, program: string): string {
  check.text(property, program, FILE_PATH);
  return program.includes('/') ? fromStackFolder(check.scope, program) : program;
}
