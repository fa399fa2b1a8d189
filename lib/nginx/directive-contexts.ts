/** Contexts in which a custom directive can stand. */
export type OwnContext = 'http' | 'server' | 'webSocket' | 'rest';

/** Contexts in which nginx accepts a directive: `main` is outside of http, and none of a front's. */
type NginxContext = 'main' | 'events' | 'http' | 'server' | 'location' | 'upstream';

/** The directives of nginx that it does not take everywhere, by where it does. Others are left to nginx. */
const CONTEXTS: readonly (readonly [readonly NginxContext[], readonly string[]])[] = [
  [
    ['main'],
    [
      ...['daemon', 'env', 'events', 'http', 'load_module', 'lock_file', 'mail', 'master_process'],
      ...['pcre_jit', 'pid', 'stream', 'thread_pool', 'timer_resolution', 'user'],
      ...['worker_cpu_affinity', 'worker_priority', 'worker_processes', 'worker_rlimit_core'],
      ...['worker_rlimit_nofile', 'worker_shutdown_timeout', 'working_directory'],
    ],
  ],
  [['events'], ['accept_mutex', 'accept_mutex_delay', 'multi_accept', 'use', 'worker_connections']],
  [['upstream'], ['hash', 'ip_hash', 'keepalive', 'least_conn', 'random', 'sticky', 'zone']],
  [
    ['http'],
    [
      ...['geo', 'js_preload_object', 'limit_conn_zone', 'limit_req_zone', 'log_format', 'map'],
      ...['map_hash_bucket_size', 'map_hash_max_size', 'proxy_cache_path', 'server'],
      ...['server_names_hash_bucket_size', 'server_names_hash_max_size', 'split_clients'],
      ...['upstream', 'variables_hash_bucket_size', 'variables_hash_max_size'],
    ],
  ],
  [['server'], ['listen', 'server_name']],
  [
    ['http', 'server'],
    [
      ...['client_header_buffer_size', 'client_header_timeout', 'connection_pool_size', 'http2'],
      ...['ignore_invalid_headers', 'large_client_header_buffers', 'merge_slashes'],
      ...['request_pool_size', 'ssl_buffer_size', 'ssl_certificate', 'ssl_certificate_key'],
      ...['ssl_ciphers', 'ssl_client_certificate', 'ssl_dhparam', 'ssl_early_data'],
      ...['ssl_ecdh_curve', 'ssl_ocsp', 'ssl_prefer_server_ciphers', 'ssl_protocols'],
      ...['ssl_reject_handshake', 'ssl_session_cache', 'ssl_session_ticket_key'],
      ...['ssl_session_tickets', 'ssl_session_timeout', 'ssl_stapling', 'ssl_stapling_verify'],
      ...['ssl_trusted_certificate', 'ssl_verify_client', 'ssl_verify_depth'],
      ...['underscores_in_headers'],
    ],
  ],
  [
    ['server', 'location'],
    [
      'break',
      'if',
      'location',
      'return',
      'rewrite',
      'rewrite_log',
      'set',
      'stub_status',
      'try_files',
    ],
  ],
  [['location'], ['alias', 'internal', 'limit_except', 'proxy_pass']],
];

const BY_NAME: ReadonlyMap<string, readonly NginxContext[]> = new Map(
  CONTEXTS.flatMap(([contexts, names]) => names.map((name) => [name, contexts] as const)),
);

/** As nginx calls the place of a user's own lines. */
const IN_NGINX: Readonly<Record<OwnContext, NginxContext>> = {
  http: 'http',
  server: 'server',
  webSocket: 'location',
  rest: 'location',
};

/** As a user writes a place. */
const PLACES: Partial<Readonly<Record<NginxContext, string>>> = {
  http: 'directives.http',
  server: 'directives.server',
  location: 'directives.webSocket or directives.rest',
};

/** Why nginx does not take a directive in a place, and where it does; undefined where it does, or nobody knows. */
export function contextProblem(name: string, context: OwnContext): string | undefined {
  const contexts = BY_NAME.get(name);
  if (contexts === undefined || contexts.includes(IN_NGINX[context])) {
    return undefined;
  }
  const places = contexts.flatMap((each) => PLACES[each] ?? []);
  return places.length === 0
    ? `nginx takes it in ${contexts.join(', ')} alone, which the library renders`
    : `nginx does not take it there; put it into ${places.join(' or ')}`;
}
