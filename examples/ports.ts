import type { LocalPlatformProps } from 'cdktf-aiwm/local';

/** Ports of the examples. If the defaults are in use, set others: AIWM_HTTPS_PORT=9443 npm run … */
export function portsFrom(environment: NodeJS.ProcessEnv): {
  readonly platform: LocalPlatformProps;
  readonly firstInstance: number;
} {
  const port = (name: string, usual: number): number => Number(environment[name] ?? usual);
  return {
    platform: {
      httpsPort: port('AIWM_HTTPS_PORT', 8443),
      httpPort: port('AIWM_HTTP_PORT', 8080),
      redisPort: port('AIWM_REDIS_PORT', 6379),
    },
    firstInstance: port('AIWM_FIRST_PORT', 3003),
  };
}
