import { alternativeNames, ASK, makeSelfSigned, NEEDS_OPENSSL } from '../engine/self-signed-script';

/** Where nginx finds its configuration. */
export const CONFIGURATION_FILE = '/etc/aiwm/nginx.conf';

/** Where nginx finds its certificate. Not in /run/secrets, where nobody could make one. */
export const TLS_FOLDER = '/run/aiwm-tls';

/** What the status page answers, written at each start. */
export const RELEASE_FILE = '/tmp/release.conf';

/** The variable that says which configuration a task was given. */
export const RELEASE_VARIABLE = 'AIWM_RELEASE';

/** Port of the status page, on the loopback of the container. */
export const STATUS_PORT = 8081;

/**
 * Starts nginx as process 1.
 *
 * @param selfSignedNames - asks for a certificate that is made at each start and never leaves the container
 */
export function startScript(selfSignedNames: readonly string[] | undefined): string {
  return [
    ...prepare(selfSignedNames),
    // The log that was compiled in may belong to another user.
    `exec nginx -e stderr -c ${CONFIGURATION_FILE} -g 'daemon off;'`,
  ].join('\n');
}

/** Tests a configuration with the binary that is to serve it, and ends. */
export function testScript(selfSignedNames: readonly string[] | undefined): string {
  return [
    '# The stopped container would keep a copy of the key.',
    `trap 'rm -rf ${TLS_FOLDER}' EXIT`,
    ...prepare(selfSignedNames),
    `if ! nginx -e stderr -t -q -c ${CONFIGURATION_FILE} > /tmp/nginx-test 2>&1; then`,
    '  cat /tmp/nginx-test; fail "nginx refuses this configuration."',
    'fi',
    'echo "nginx takes this configuration."',
  ].join('\n');
}

/** Whether the nginx of this container serves what its task was given. */
export function servesRelease(): string {
  return `${ASK}; [ "$(ask http://127.0.0.1:${STATUS_PORT}/release)" = "$${RELEASE_VARIABLE}" ]`;
}

function prepare(selfSignedNames: readonly string[] | undefined): string[] {
  return [
    'set -eu',
    'fail() { echo "$*"; exit 1; }',
    `printf 'return 200 "%s\\\\n";\\n' "$${RELEASE_VARIABLE}" > ${RELEASE_FILE}`,
    ...(selfSignedNames === undefined
      ? []
      : [
          NEEDS_OPENSSL,
          `names='${alternativeNames(selfSignedNames)}'`,
          `mkdir -p ${TLS_FOLDER}`,
          makeSelfSigned(TLS_FOLDER),
        ]),
  ];
}
