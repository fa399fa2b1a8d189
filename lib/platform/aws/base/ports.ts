/** Where hosts of nginx behind a load balancer listen. */
export const PORTS = {
  /** TLS that goes through to nginx. */
  https: 8443,
  /** Clients whose TLS the load balancer has spoken. */
  terminated: 8444,
  /** Plain HTTP, to be told to come back over TLS. */
  http: 8080,
  /** The question of the load balancer. */
  health: 8082,
} as const;

export const PUBLIC_HTTPS = 443;
export const PUBLIC_HTTP = 80;

export const REDIS_PORT = 6379;
