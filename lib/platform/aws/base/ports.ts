/** Ports of nginx behind a load balancer. */
export const PORTS = {
  /** TLS that nginx terminates. */
  https: 8443,
  /** Plain HTTP of clients whose TLS the load balancer has terminated. */
  terminated: 8444,
  /** Plain HTTP of clients, which nginx redirects to HTTPS. */
  http: 8080,
  /** Health checks of the load balancer. */
  health: 8082,
} as const;

export const PUBLIC_HTTPS = 443;
export const PUBLIC_HTTP = 80;

export const REDIS_PORT = 6379;
