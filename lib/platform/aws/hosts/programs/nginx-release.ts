import { installedScript, LIBRARY, PRELUDE } from './installed-script';

/**
 * Script that brings an nginx host to a release. SSM runs it, and the host itself after a reboot.
 *
 * It downloads configuration and certificate, tests them with nginx, swaps them in and checks that nginx serves them.
 * Otherwise it restores the previous release, and tries this one again only in another roll-out.
 *
 * It reads the exported variables `AIWM_REGION`, `AIWM_BUCKET`, `AIWM_KEY`, `AIWM_VERSION`, `AIWM_SHA256`,
 * `AIWM_TLS_SECRET` (empty without one) and `AIWM_STATUS_PORT`. With `AIWM_RETRY` it tries a release that has failed.
 */
export function nginxReleaseScript(): string {
  return installedScript('nginx-release', PRELUDE + RELEASE);
}

const RELEASE = String.raw`
case $AIWM_TLS_SECRET in *[!A-Za-z0-9:/._+=@-]*) fail "this is no ARN of a secret: '$AIWM_TLS_SECRET'" ;; esac
case $AIWM_STATUS_PORT in '' | *[!0-9]*) fail "this is no port: '$AIWM_STATUS_PORT'" ;; esac
nginx=$root/usr/sbin/nginx
tls=$root/run/aiwm-tls

# The certificate comes first: the name of a release is made of it as well. It never leaves memory.
if [ -n "$AIWM_TLS_SECRET" ]; then
  aws secretsmanager get-secret-value --region "$AIWM_REGION" --secret-id "$AIWM_TLS_SECRET" --output json \
    > "$draft/secret" 2> "$draft/error" || fail "the secret $AIWM_TLS_SECRET cannot be read: $(reason)"
  python3 - "$draft" << 'AIWM_PYTHON' || fail "the secret $AIWM_TLS_SECRET has to be JSON with a PEM text each for certificate and key."
import json, os, sys
folder = sys.argv[1]
os.umask(0o077)
try:
    with open(folder + '/secret') as file:
        secret = json.loads(json.load(file)['SecretString'])
    texts = [(name, secret[name]) for name in ('certificate', 'key')]
except (KeyError, TypeError, ValueError):
    sys.exit(1)
os.mkdir(folder + '/tls')
for name, text in texts:
    if not isinstance(text, str) or '-----BEGIN ' not in text:
        sys.exit(1)
    with open(folder + '/tls/' + name + '.pem', 'w') as file:
        file.write(text.strip() + '\n')
AIWM_PYTHON
  rm "$draft/secret"
  cert=$draft/tls/certificate.pem
  of_certificate=$(openssl x509 -in "$cert" -noout -pubkey 2> /dev/null) || fail "the certificate in $AIWM_TLS_SECRET cannot be read."
  # An empty passphrase, so that a key that is protected by one is refused instead of asked about.
  of_key=$(openssl pkey -in "$draft/tls/key.pem" -passin pass: -pubout 2> /dev/null) || fail "the key in $AIWM_TLS_SECRET cannot be read; it must have no passphrase."
  [ "$of_certificate" = "$of_key" ] || fail "the key in $AIWM_TLS_SECRET does not belong to its certificate. Nothing was changed."
  openssl x509 -in "$cert" -noout -checkend 0 > /dev/null || fail "the certificate in $AIWM_TLS_SECRET has expired: $(openssl x509 -in "$cert" -noout -enddate | cut -d= -f2). Nothing was changed."
else
  cert=/dev/null
fi

id=$( (echo "$AIWM_SHA256" && cat "$cert") | sha256sum | cut -c1-12)
new=$conf/releases/$id
old=$(readlink "$conf/current" || :)
# The one that failed, until another one is delivered or has another certificate, or a roll-out tries it again.
if [ "$(printenv AIWM_RETRY || :)" = yes ] || [ "$(cat "$conf/failed" 2> /dev/null || :)" != "$id" ]; then rm -f "$conf/failed"; fi

# What belongs to no release goes, however this ends.
tidy() {
  rm -rf "$draft" "$new.part"
  for folder in "$tls"/*; do
    [ -d "$conf/releases/$(basename "$folder")" ] || rm -rf "$folder"
  done
}
trap tidy EXIT

runs() { systemctl is-active --quiet aiwm-nginx.service; }
serves() { [ "$(curl -sf -m 2 "http://127.0.0.1:$AIWM_STATUS_PORT/release" 2> /dev/null)" = "$id" ]; }
# A line of nginx without its time, its process and long paths, and once.
plain() { sed "s|$new.part/||g; s|$new/||g; s|^[0-9/]* [0-9:]* \[\([a-z]*\)\] [0-9#]*: |nginx: [\1] |" | uniq; }
tell() { if runs; then systemctl reload aiwm-nginx.service; else systemctl start aiwm-nginx.service; fi; }

changed=no
unit aiwm-nginx.service << AIWM_UNIT
[Unit]
Description=nginx in front of the instances
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=$nginx -e stderr -c $conf/current/nginx.conf -g 'daemon off;'
ExecReload=/bin/kill -HUP \$MAINPID
Restart=always
RestartSec=1
# Open WebSockets end by themselves for so long when the host is taken down; then they are cut.
KillSignal=SIGQUIT
KillMode=mixed
TimeoutStopSec=120
LimitNOFILE=524288
# A core has the key of the certificate in it, and would lie on the disk.
LimitCORE=0
NoNewPrivileges=yes
ProtectSystem=full
ProtectHome=yes
AIWM_UNIT
# Starts nginx after a reboot, when the certificate has gone with the memory; so nginx.service is not enabled itself.
unit aiwm-nginx-release.service << AIWM_UNIT
[Unit]
Description=Brings nginx to the release that was delivered last
After=network-online.target
Wants=network-online.target
ConditionPathExists=$conf/nginx.env

[Service]
Type=oneshot
EnvironmentFile=$conf/nginx.env
ExecStartPre=/bin/mkdir -p $root/run/aiwm
ExecStart=/usr/bin/flock -o $root/run/aiwm/nginx-release.lock /bin/sh $root${LIBRARY}/nginx-release
Restart=on-failure
RestartSec=10

[Install]
WantedBy=multi-user.target
AIWM_UNIT
if [ "$changed" = yes ]; then
  systemctl daemon-reload
  systemctl enable --quiet aiwm-nginx-release.service
fi

# What a reboot starts with.
remember() {
  for name in REGION BUCKET KEY VERSION SHA256 TLS_SECRET STATUS_PORT; do
    echo "AIWM_$name=$(printenv "AIWM_$name")"
  done > "$conf/nginx.env.new"
  mv -f "$conf/nginx.env.new" "$conf/nginx.env"
}

if [ -n "$AIWM_TLS_SECRET" ] && [ ! -d "$tls/$id" ]; then
  mkdir -p "$tls"
  chmod 700 "$tls"
  rm -rf "$tls/$id.part"
  cp -R "$draft/tls" "$tls/$id.part"
  mv "$tls/$id.part" "$tls/$id"
fi
rm -rf "$draft/tls"

if [ "$old" = "releases/$id" ] && matches "$new/nginx.conf" && runs && serves; then
  remember
  say "nginx serves release $id already"
  exit 0
fi

# The repair runs every half hour, and each try ends with a reload, after which open WebSockets have only so long.
if [ -f "$conf/failed" ] && runs; then
  fail "nginx did not serve release $id when it was tried, so only another apply tries it again; the one before it goes on serving."
fi
rm -f "$conf/failed"

if matches "$new/nginx.conf"; then
  candidate=$new
else
  candidate=$new.part
  rm -rf "$candidate"
  mkdir -p "$candidate"
  if matches "$conf/current/nginx.conf"; then
    cp "$conf/current/nginx.conf" "$candidate/nginx.conf"
  else
    fetch "$candidate/nginx.conf"
  fi
  printf 'return 200 "%s\\n";\n' "$id" > "$candidate/release.conf"
  if [ -n "$AIWM_TLS_SECRET" ]; then ln -s "$tls/$id" "$candidate/tls"; fi
fi

if ! "$nginx" -e stderr -t -q -c "$candidate/nginx.conf" > "$draft/test" 2>&1; then
  plain < "$draft/test" >&2
  if runs; then fail 'nginx refuses this configuration; the one before it goes on serving.'; fi
  fail 'nginx refuses this configuration, and does not run.'
fi

if [ "$candidate" != "$new" ]; then
  rm -rf "$new"
  mv "$candidate" "$new"
fi
touch "$new"
point "releases/$id" "$conf/current"
log=$root/var/log/nginx/error.log
logged=$(stat -c %s "$log" 2> /dev/null || echo 0)
tell || :

# By the clock: a port that takes connections and says nothing costs two seconds each time.
deadline=$(($(date +%s) + 10))
until runs && serves; do
  if [ "$(date +%s)" -gt "$deadline" ]; then
    (tail -c "+$((logged + 1))" "$log" 2> /dev/null | grep -F '[emerg]' || :) | plain | tail -n 3 >&2
    if [ -z "$old" ]; then
      systemctl stop aiwm-nginx.service || :
      rm -rf "$conf/current" "$new"
      fail 'nginx does not serve its first configuration after 10 s, and was stopped.'
    elif [ "$old" = "releases/$id" ]; then
      fail "nginx does not serve release $id after 10 s; journalctl -u aiwm-nginx tells why."
    fi
    point "$old" "$conf/current"
    tell || :
    rm -rf "$new"
    echo "$id" > "$conf/failed"
    fail "nginx does not serve the new configuration after 10 s; the one before it is back. Only another apply tries it again."
  fi
  sleep 0.1
done
remember

# shellcheck disable=SC2012
ls -1t "$conf/releases" | tail -n +4 | while read -r past; do rm -rf "$conf/releases/$past"; done
say "nginx serves release $id"
`;
