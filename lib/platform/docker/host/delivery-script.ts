import { alternativeNames, ASK, makeSelfSigned, NEEDS_OPENSSL } from '../engine/self-signed-script';

/** Folder with the configuration of nginx: a volume that only the delivery can write to. */
export const CONFIGURATION_FOLDER = '/etc/aiwm';

/** Folder of the delivery's container with the files to deliver. */
export const UPLOAD_FOLDER = '/aiwm-release';

/**
 * Command of nginx's container. It waits for the first configuration, and serves the current one again after a restart.
 * It also waits when another version of nginx refuses the current one, because a delivery needs a running container.
 */
export function nginxCommand(): string[] {
  return [
    '/bin/sh',
    '-c',
    `until [ -f ${CONFIGURATION_FOLDER}/current/nginx.conf ] && nginx -t -q -c ${CONFIGURATION_FOLDER}/current/nginx.conf; do sleep 0.3; done; ` +
      `exec nginx -c ${CONFIGURATION_FOLDER}/current/nginx.conf -g 'daemon off;'`,
  ];
}

/**
 * Script of a delivery. It tests a configuration with the binary that is to serve it, swaps it in and reloads nginx. It
 * runs in the process and network namespaces of nginx's container, where nginx is process 1 and its status page is on
 * the loopback address.
 *
 * @param selfSignedNames - names for a certificate that the script creates in the volume, which its key never leaves;
 * undefined for none
 */
export function deliveryScript(
  statusPort: number,
  selfSignedNames: readonly string[] | undefined,
): string {
  return [
    'set -eu',
    `conf=${CONFIGURATION_FOLDER} up=${UPLOAD_FOLDER}`,
    '# The stopped container would keep a copy of the key.',
    `trap 'rm -rf "$up/tls"' EXIT`,
    'fail() { echo "$*"; exit 1; }',
    ...(selfSignedNames === undefined ? [] : selfSigned(selfSignedNames)),
    'id=$(find $up -type f | sort | while read -r file; do cat "$file"; done | sha256sum | cut -c1-12)',
    'new=$conf/releases/$id',
    'rm -rf "$new.part"; mkdir -p "$new.part"; cp -R $up/. "$new.part/"',
    `printf 'return 200 "%s\\\\n";\\n' "$id" > "$new.part/release.conf"`,
    'if ! nginx -t -q -c "$new.part/nginx.conf" > /tmp/nginx-test 2>&1; then',
    '  rm -rf "$new.part"; sed "s|$new.part/||" /tmp/nginx-test',
    '  fail "nginx refuses this configuration; the one before it goes on serving."',
    'fi',
    '# An unprivileged nginx has to read its key, and nobody else.',
    'user=$(sed -n "s/^Uid:[^0-9]*\\([0-9]*\\).*/\\1/p" /proc/1/status)',
    'if [ -d "$new.part/tls" ]; then chown "$user" "$new.part"/tls/*; fi',
    'rm -rf "$new"; mv "$new.part" "$new"',
    'old=$(readlink $conf/current || :)',
    'ln -sfn "releases/$id" $conf/current.new; mv -T $conf/current.new $conf/current',
    'workers=$(grep -ls "^nginx: worker" /proc/[0-9]*/cmdline || :)',
    '# Before its first configuration process 1 is still the shell that waits for it.',
    'case $(tr "\\000" " " < /proc/1/cmdline) in nginx*) kill -HUP 1 ;; esac',
    ASK,
    'i=0',
    `until [ "$(ask http://127.0.0.1:${statusPort}/release 2> /dev/null)" = "$id" ]; do`,
    '  i=$((i + 1))',
    '  if [ $i -gt 100 ]; then',
    '    if [ -n "$old" ]; then',
    '      ln -sfn "$old" $conf/current.new; mv -T $conf/current.new $conf/current; kill -HUP 1',
    '    fi',
    '    fail "nginx does not serve the new configuration after 10 s (docker logs tells why); the one before it is back."',
    '  fi',
    '  sleep 0.1',
    'done',
    '# Workers from before still answer whom they had accepted, and by the old configuration: the instances that it',
    '# names are stopped after this. Those with open WebSockets stay for longer.',
    'remain() { for each in $workers; do [ ! -e "$each" ] || return 0; done; return 1; }',
    'i=0',
    'while remain && [ $i -lt 50 ]; do i=$((i + 1)); sleep 0.1; done',
    'ls -1t $conf/releases | tail -n +4 | while read -r past; do rm -rf "$conf/releases/$past"; done',
    'echo "nginx serves release $id"',
  ].join('\n');
}

/** Part that creates a certificate, again when the names change or less than 30 days are left. */
function selfSigned(names: readonly string[]): string[] {
  return [
    'own=$conf/self-signed',
    `names='${alternativeNames(names)}'`,
    'if [ "$(cat $own/names 2> /dev/null || :)" != "$names" ] || ! openssl x509 -checkend 2592000 -noout -in $own/certificate.pem > /dev/null 2>&1; then',
    `  ${NEEDS_OPENSSL}`,
    '  rm -rf $own; mkdir -p $own; umask 077',
    `  ${makeSelfSigned('$own')}`,
    '  umask 022; echo "$names" > $own/names',
    'fi',
    'mkdir -p $up/tls; cp $own/certificate.pem $own/key.pem $up/tls/',
  ];
}
