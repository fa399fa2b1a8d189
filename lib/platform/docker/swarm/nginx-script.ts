import { alternativeNames, ASK, makeSelfSigned, NEEDS_OPENSSL } from '../engine/self-signed-script';

/** Configuration file of nginx. */
export const CONFIGURATION_FILE = '/etc/aiwm/nginx.conf';

/** Folder with the certificate of nginx. Not /run/secrets, in which a container cannot create files. */
export const TLS_FOLDER = '/run/aiwm-tls';

/** File with the answer of the status page, written at each start. */
export const RELEASE_FILE = '/tmp/release.conf';

/** Variable with the identity of a task's configuration. */
export const RELEASE_VARIABLE = 'AIWM_RELEASE';

/** Port of the status page, on the loopback address of the container. */
export const STATUS_PORT = 8081;

/**
 * Script that starts nginx as process 1.
 *
 * @param selfSignedNames - names for a certificate that is created at each start and never leaves the container;
 * undefined for none
 */
export function startScript(selfSignedNames: readonly string[] | undefined): string {
  return [
    ...prepare(selfSignedNames),
    // The default log of an image may belong to another user.
    `exec nginx -e stderr -c ${CONFIGURATION_FILE} -g 'daemon off;'`,
  ].join('\n');
}

/** Script that tests a configuration with the binary that is to serve it. */
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

/** Script that succeeds if the nginx of this container serves the configuration of its task. */
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
