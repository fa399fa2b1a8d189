import type { Check } from '../../../validation/check';
import type { RedisSpec } from '../../contract';
import type { AwsRedisOptions } from '../aws-platform-props';
import { ENGINE_VERSION, MAINTENANCE_WINDOW } from '../base/text-rules';

/** Lowest, default and highest version of each engine on ElastiCache. */
const VERSIONS: Readonly<
  Record<string, { readonly min: string; readonly default: string; readonly max?: string }>
> = {
  redis: { min: '7.0', default: '7.1', max: '7.1' },
  valkey: { min: '7.2', default: '8.0' },
};

/**
 * Engine of a Redis.
 *
 * @internal
 */
export interface RedisEngineVersion {
  readonly engineVersion: string;
  /** Whether AWS upgrades minor versions, so that the version here is only that of the creation. */
  readonly upgradesItself: boolean;
  /** Family of its parameter group. */
  readonly family: string;
}

/**
 * Resolves the version of the engine and the family of its parameter group.
 *
 * @throws ValidationError for a version that ElastiCache does not have
 * @internal
 */
export function resolveEngine(
  check: Check,
  { engine }: RedisSpec,
  { engineVersion: given }: AwsRedisOptions = {},
): RedisEngineVersion {
  const { min, default: own, max } = VERSIONS[engine]!;
  const property = 'platform.redis.engineVersion';
  const engineVersion = given === undefined ? own : check.text(property, given, ENGINE_VERSION);
  if (isBelow(engineVersion, min) || (max !== undefined && isBelow(max, engineVersion))) {
    check.refuse(property, {
      problem: `ElastiCache has no ${engine} ${engineVersion}`,
      allowed: max === undefined ? `${min} or later` : `${min} to ${max}`,
      remedy: max === undefined ? undefined : 'For a later version, use RedisEngine.VALKEY.',
    });
  }
  return {
    engineVersion,
    upgradesItself: given === undefined,
    family: `${engine}${engineVersion.split('.')[0]}`,
  };
}

/**
 * Resolves the weekly time of maintenance.
 *
 * @throws ValidationError for a malformed one
 * @internal
 */
export function resolveMaintenanceWindow(
  check: Check,
  { maintenanceWindow }: AwsRedisOptions = {},
): string | undefined {
  return maintenanceWindow === undefined
    ? undefined
    : check.text('platform.redis.maintenanceWindow', maintenanceWindow, MAINTENANCE_WINDOW);
}

function isBelow(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) < 0;
}
