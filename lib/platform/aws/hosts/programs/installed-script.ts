/** Folder of the library's scripts on a host. */
export const LIBRARY = '/usr/local/lib/aiwm';

/** File that user data creates last. Scripts that SSM runs earlier wait for it. */
export const READY_FILE = '/etc/aiwm/ready';

/** A systemd timer that fires every minute. */
export const MINUTELY_TIMER = `[Timer]
OnCalendar=minutely
AccuracySec=1s

[Install]
WantedBy=timers.target`;

/** Lines of a script that write a program to the host. */
export function installedFile(name: string, text: string): string[] {
  return [
    `cat > "$root${LIBRARY}/${name}.$$" << 'AIWM_END'`,
    text.trim(),
    'AIWM_END',
    `mv -f "$root${LIBRARY}/${name}.$$" "$root${LIBRARY}/${name}"`,
  ];
}

/**
 * A script that stays on the host as a file, so that it can run again after a reboot without SSM. A lock prevents two
 * runs at the same time. Child processes do not inherit the lock, or they would hold it forever.
 *
 * `AIWM_ROOT` moves all paths below another folder than /, for tests.
 */
export function installedScript(name: string, script: string): string {
  return [
    'set -eu',
    'umask 022',
    'root=$(printenv AIWM_ROOT || :)',
    `mkdir -p "$root${LIBRARY}" "$root/run/aiwm"`,
    ...installedFile(name, script),
    'code=0',
    `flock -o -w 1200 -E 75 "$root/run/aiwm/${name}.lock" /bin/sh "$root${LIBRARY}/${name}" || code=$?`,
    'if [ "$code" -eq 75 ]; then echo "aiwm: another run has not come to its end in 20 minutes." >&2; fi',
    'exit "$code"',
    '',
  ].join('\n');
}

/** Beginning of all scripts. It contains no "${", "%{" or "{{", which Terraform and SSM would interpret. */
export const PRELUDE = String.raw`
set -eu
umask 022
root=$(printenv AIWM_ROOT || :)
conf=$root/etc/aiwm
units=$root/etc/systemd/system
say() { echo "aiwm: $*"; }
fail() { echo "aiwm: $*" >&2; exit 1; }

mkdir -p "$root/run/aiwm" "$units"
draft=$(mktemp -d "$root/run/aiwm/draft.XXXXXX")
trap 'rm -rf "$draft"' EXIT

# What a command of AWS had to say, which is its last line.
reason() { tail -n 1 "$draft/error"; }

matches() { [ -f "$1" ] && [ "$(sha256sum < "$1" | cut -c1-64)" = "$AIWM_SHA256" ]; }

fetch() {
  aws s3api get-object --region "$AIWM_REGION" --bucket "$AIWM_BUCKET" --key "$AIWM_KEY" --version-id "$AIWM_VERSION" "$1" \
    > /dev/null 2> "$draft/error" || fail "s3://$AIWM_BUCKET/$AIWM_KEY cannot be fetched: $(reason)"
  matches "$1" || fail "s3://$AIWM_BUCKET/$AIWM_KEY is not what was to be delivered: its SHA-256 is $(sha256sum < "$1" | cut -c1-64), not $AIWM_SHA256. Nothing was changed."
}

# A unit of systemd from standard input; a changed one counts after the next daemon-reload.
unit() {
  cat > "$draft/unit"
  if ! cmp -s "$draft/unit" "$units/$1"; then
    cp "$draft/unit" "$units/$1.new"
    mv -f "$units/$1.new" "$units/$1"
    changed=yes
  fi
}

point() {
  ln -sfn "$1" "$2.new"
  mv -T "$2.new" "$2"
}

for value in "$AIWM_REGION" "$AIWM_BUCKET" "$AIWM_KEY" "$AIWM_VERSION" "$AIWM_SHA256"; do
  case $value in '' | *[!A-Za-z0-9:/._+=@-]*) fail "this is no name that the delivery gives: '$value'" ;; esac
done

# SSM may be here before the first boot has come to its end.
waited=0
until [ -f "$root${READY_FILE}" ]; do
  [ "$waited" -lt 900 ] || fail 'this host has not been set up in 15 minutes; /var/log/cloud-init-output.log tells why.'
  sleep 1
  waited=$((waited + 1))
done
`;
