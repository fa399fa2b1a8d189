import { INSTANCE_PROGRAM } from './instance-program';
import { installedScript, LIBRARY, MINUTELY_TIMER, PRELUDE } from './installed-script';

/** Release of a cluster, as JSON. The first item of each list belongs to slot 1. */
export interface SlotRelease {
  readonly image: string;
  readonly port: readonly number[];
  readonly environment: readonly Readonly<Record<string, string>>[];
  /** ARNs of Secrets Manager secrets by variable. The host reads them at every start of the instance. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Restarts the instance when it changes, so that the instance reads the new values of its secrets. */
  readonly secretsVersion?: string;
  readonly health: {
    readonly path: string;
    readonly timeoutMs: number;
    readonly failures: number;
    readonly intervalMs: number;
    readonly startTimeoutMs: number;
  };
  readonly stopGraceSeconds: number;
  /** Memory in Docker's notation, e.g. "512m". */
  readonly memory?: string;
  readonly cpus?: number;
  readonly logGroup: string;
  readonly region: string;
  /** Namespace and dimension of the instance's connections in CloudWatch. */
  readonly metric: { readonly namespace: string; readonly cluster: string };
}

/**
 * Script that brings the host of a slot to a release. SSM runs it.
 *
 * It pulls the image, stops the instance gracefully, starts the new one and waits until it is healthy. Otherwise it
 * restores the previous release and does not try this one again. After a reboot, systemd starts the instance without
 * SSM and without a registry.
 *
 * It reads the exported variables `AIWM_REGION`, `AIWM_BUCKET`, `AIWM_KEY` and `AIWM_SHA256`, and the slot's number in
 * /etc/aiwm/slot.
 */
export function slotReleaseScript(): string {
  return installedScript('slot-release', PRELUDE + RELEASE, { 'instance.py': INSTANCE_PROGRAM });
}

const RELEASE = String.raw`
slot=$(cat "$conf/slot")
home=$conf/instance
program=$root${LIBRARY}/instance.py
mkdir -p "$home/releases"
trap 'rm -rf "$draft" "$home"/releases/*.part' EXIT

# Whatever comes of this release, the instance that runs is counted.
changed=no
unit aiwm-connections.service << AIWM_UNIT
[Unit]
Description=Tells CloudWatch how many connections the instance has
ConditionPathExists=$home/current

[Service]
Type=oneshot
TimeoutStartSec=50
ExecStart=/usr/bin/python3 $program count $home/current
AIWM_UNIT
unit aiwm-connections.timer << AIWM_UNIT
${MINUTELY_TIMER}
AIWM_UNIT
if [ "$changed" = yes ]; then systemctl daemon-reload; fi
systemctl enable --quiet --now aiwm-connections.timer

instance() { python3 "$program" "$@"; }
runs() { systemctl is-active --quiet aiwm-instance.service; }

if matches "$home/release.json"; then
  cp "$home/release.json" "$draft/release.json"
else
  fetch "$draft/release.json"
fi
rm -rf "$home/releases/new.part"
id=$(instance plan "$draft/release.json" "$slot" "$home/releases/new.part")
candidate=$home/releases/$id
old=$(readlink "$home/current" || :)
# The one that failed, until another one is delivered.
if [ "$(cat "$home/failed" 2> /dev/null || :)" != "$id" ]; then rm -f "$home/failed"; fi

remember() {
  cp "$draft/release.json" "$home/release.json.new"
  mv -f "$home/release.json.new" "$home/release.json"
}

if [ "$old" = "releases/$id" ] && runs && instance await "$home/current"; then
  remember
  say "slot $slot runs release $id already"
  exit 0
fi

# This runs every half hour, and each try takes down an instance that is well.
if [ -f "$home/failed" ] && runs && instance await "$home/current"; then
  fail "slot $slot did not get well with release $id when it was tried, so it is not tried again; the one before serves. Deliver another release, or remove $home/failed on this host."
fi
rm -f "$home/failed"

pull() {
  image=$(cat "$1/image")
  registry=$(echo "$image" | cut -d/ -f1)
  case $registry in
    *.dkr.ecr.*.amazonaws.com | *.dkr.ecr.*.amazonaws.com.cn)
      # The login is a password for twelve hours: it stays in memory, and goes with this run.
      DOCKER_CONFIG=$draft/docker
      export DOCKER_CONFIG
      region=$(echo "$registry" | cut -d. -f4)
      password=$(aws ecr get-login-password --region "$region" 2> "$draft/error") || fail "the registry $registry lets nobody in: $(reason)"
      printf '%s' "$password" | docker login --username AWS --password-stdin "$registry" > /dev/null 2> "$draft/error" \
        || fail "the registry $registry lets nobody in: $(reason)"
      ;;
  esac
  docker pull --quiet "$image" > /dev/null 2> "$draft/error" || fail "$image cannot be pulled: $(reason). Nothing was changed."
  # By its id from here on: a tag may mean another image tomorrow, and the release before must come back as it was.
  docker image inspect "$image" | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["Id"], end="")' > "$1/image-id"
}

# What can be found out before the instance is touched.
instance check "$home/releases/new.part"
if [ ! -d "$candidate" ]; then
  pull "$home/releases/new.part"
  mv "$home/releases/new.part" "$candidate"
elif ! docker image inspect "$(cat "$candidate/image-id")" > /dev/null 2>&1; then
  pull "$candidate"
fi
touch "$candidate"

# The unit tells how long a stop may take, so it changes with the release.
write_unit() {
  changed=no
  unit aiwm-instance.service << AIWM_UNIT
[Unit]
Description=Instance of the service
After=docker.service network-online.target
Wants=docker.service network-online.target
ConditionPathExists=$home/current
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=/usr/bin/python3 $program supervise $home/current
Restart=always
RestartSec=2
KillMode=mixed
TimeoutStopSec=$(($(cat "$home/current/grace") + 30))

[Install]
WantedBy=multi-user.target
AIWM_UNIT
  if [ "$changed" = yes ]; then
    systemctl daemon-reload
    systemctl enable --quiet aiwm-instance.service
  fi
}

same_process() { [ -n "$old" ] && [ "$(cat "$home/$old/process")" = "$(cat "$candidate/process")" ]; }

if runs && same_process; then
  point "releases/$id" "$home/current"
  write_unit
else
  systemctl stop aiwm-instance.service 2> /dev/null || :
  point "releases/$id" "$home/current"
  write_unit
  systemctl start aiwm-instance.service || :
fi

if ! instance await "$home/current"; then
  group=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["logGroup"])' < "$home/current/view.json")
  journalctl --unit aiwm-instance.service --lines 5 --output cat >&2 || :
  systemctl stop aiwm-instance.service || :
  if [ -z "$old" ] || [ "$old" = "releases/$id" ]; then
    systemctl start aiwm-instance.service || :
    fail "slot $slot does not get well; it is tried again and again. What it printed is in the log group $group, stream slot-$slot."
  fi
  point "$old" "$home/current"
  write_unit
  systemctl start aiwm-instance.service || :
  rm -rf "$candidate"
  printed="What it printed is in the log group $group, stream slot-$slot."
  # What keeps both from getting well is not the release, which deserves another try.
  instance await "$home/current" || fail "slot $slot does not get well with the new release; the one before does not get well either. $printed"
  echo "$id" > "$home/failed"
  fail "slot $slot does not get well with the new release; the one before is back. $printed It is not tried again until another release was delivered, or $home/failed is removed on this host."
fi
remember

# shellcheck disable=SC2012
ls -1t "$home/releases" | tail -n +4 | while read -r past; do
  image=$(cat "$home/releases/$past/image-id" 2> /dev/null || :)
  rm -rf "$home/releases/$past"
  if [ -n "$image" ] && ! grep -qsF "$image" "$home"/releases/*/image-id; then docker image rm "$image" > /dev/null 2>&1 || :; fi
done
say "slot $slot runs release $id"
`;
