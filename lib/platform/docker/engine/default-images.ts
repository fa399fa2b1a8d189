import type { RedisSpec } from '../../contract';

/** The current stable nginx. */
export const DEFAULT_NGINX = 'nginx:1.30';

/** @internal */
export function defaultRedis({ engine }: RedisSpec): string {
  return engine === 'valkey' ? 'valkey/valkey:8.1' : 'redis:7.4';
}
