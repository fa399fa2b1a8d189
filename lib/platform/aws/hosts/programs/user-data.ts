import { installedFile, LIBRARY, MINUTELY_TIMER, READY_FILE } from './installed-script';

/** Options of an nginx host's first boot. None of them may depend on the configuration of nginx. */
export interface NginxHostOptions {
  /** Release line of nginx.org's packages, e.g. "1.30". */
  readonly nginxVersion: string;
  /** Namespace and only dimension of the host's metrics in CloudWatch. */
  readonly metric: { readonly namespace: string; readonly name: string; readonly value: string };
  /** Log groups that receive nginx's logs. */
  readonly logGroups: LogGroups;
  readonly firstBoot: readonly string[];
}

/** Log group of each log of nginx. */
interface LogGroups {
  readonly access: string;
  readonly error: string;
}

/** First boot of an nginx host: installs packages and configures nothing. */
export function nginxHostUserData(options: NginxHostOptions): string {
  const { nginxVersion, metric, logGroups, firstBoot } = options;
  const dimensions = JSON.stringify([{ Name: metric.name, Value: metric.value }]);
  // nginx.org publishes mainline versions, which have odd numbers, in a folder of their own.
  const line = Number(nginxVersion.split('.')[1]) % 2 === 0 ? '' : 'mainline/';
  return [
    ...PREPARE,
    String.raw`if ! "$root/usr/sbin/nginx" -v 2>&1 | grep -qF 'nginx/${nginxVersion}.'; then
  cat > "$root/etc/yum.repos.d/nginx.repo" << 'AIWM_END'
[nginx]
name=nginx.org
baseurl=https://nginx.org/packages/${line}amzn/2023/$basearch/
gpgcheck=1
gpgkey=https://nginx.org/keys/nginx_signing.key
enabled=1
module_hotfixes=true
priority=9
AIWM_END
  retry dnf install -y 'nginx-${nginxVersion}.*'
fi
have openssl diffutils logrotate amazon-cloudwatch-agent`,
    '# The package has a service, a configuration and a rotation of its own.',
    'systemctl disable --now nginx.service || :',
    String.raw`cat > "$root/etc/logrotate.d/nginx" << 'AIWM_END'
/var/log/nginx/*.log {
    daily
    maxsize 100M
    rotate 3
    missingok
    notifempty
    compress
    delaycompress
    sharedscripts
    postrotate
        systemctl kill --kill-who=main --signal=USR1 aiwm-nginx.service || :
    endscript
}
AIWM_END
# By itself it looks once a day, whatever the size of a log.
mkdir -p "$root/etc/systemd/system/logrotate.timer.d"
cat > "$root/etc/systemd/system/logrotate.timer.d/aiwm.conf" << 'AIWM_END'
[Timer]
OnCalendar=
OnCalendar=*:0/10
AccuracySec=10s
RandomizedDelaySec=0
AIWM_END`,
    'mkdir -p "$root/opt/aws/amazon-cloudwatch-agent/etc"',
    `cat > "$root${AGENT_FILE}" << 'AIWM_END'`,
    agentConfiguration(logGroups),
    'AIWM_END',
    `"$root/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl" -a fetch-config -m ec2 -s -c "file:$root${AGENT_FILE}" || echo 'aiwm: no logs are shipped' >&2`,
    '# The release tells the region and the port, so nothing is counted before there is one.',
    ...installedFile(
      'connections',
      String.raw`
set -eu
root=$(printenv AIWM_ROOT || :)
metric() { printf '{"MetricName":"%s","Dimensions":%s,"Unit":"%s","Value":%s}' "$1" ${quoted(dimensions)} "$2" "$3"; }
active=$(curl -sf -m 5 "http://127.0.0.1:$AIWM_STATUS_PORT/connections" | sed -n 's/^Active connections: *\([0-9]*\).*/\1/p')
[ -n "$active" ] || { echo 'nginx does not tell how many connections are open' >&2; exit 1; }
memory=$(awk '/^MemTotal:/ { total = $2 } /^MemAvailable:/ { free = $2 } END { printf "%d", 100 - 100 * free / total }' /proc/meminfo)
disk=$(df --output=pcent "$root/" | tr -dc 0-9)
metrics="$(metric ActiveConnections Count "$active"),$(metric MemoryUsed Percent "$memory"),$(metric DiskUsed Percent "$disk")"
# The one that nginx serves, where it speaks TLS. Whatever is wrong with it, connections are told.
certificate=$root/etc/aiwm/current/tls/certificate.pem
if [ -e "$certificate" ]; then
  if ends=$(openssl x509 -in "$certificate" -noout -enddate) && ends=$(date -d "$(echo "$ends" | cut -d= -f2)" +%s); then
    now=$(date +%s)
    metrics="$metrics,$(metric CertificateDays None $(((ends - now) / 86400)))"
  else
    echo 'the certificate does not tell when it ends' >&2
  fi
fi
aws cloudwatch put-metric-data --region "$AIWM_REGION" --namespace ${quoted(metric.namespace)} --metric-data "[$metrics]"`,
    ),
    String.raw`cat > "$root/etc/systemd/system/aiwm-connections.service" << AIWM_END
[Unit]
Description=Tells CloudWatch how many connections are open
# After a boot there is nothing to count until nginx is back.
After=aiwm-nginx-release.service
ConditionPathExists=$root/etc/aiwm/nginx.env

[Service]
Type=oneshot
EnvironmentFile=$root/etc/aiwm/nginx.env
ExecStart=/bin/sh $root${LIBRARY}/connections
AIWM_END
cat > "$root/etc/systemd/system/aiwm-connections.timer" << AIWM_END
${MINUTELY_TIMER}
AIWM_END
systemctl daemon-reload
systemctl enable --now aiwm-connections.timer logrotate.timer`,
    ...end(firstBoot),
  ].join('\n');
}

const AGENT_FILE = '/opt/aws/amazon-cloudwatch-agent/etc/aiwm.json';

const PREPARE = [
  '#!/bin/bash',
  'set -eu',
  'umask 022',
  'root=$(printenv AIWM_ROOT || :)',
  `mkdir -p "$root/etc/aiwm" "$root${LIBRARY}"`,
  '# The way out may come up later than the host: a NAT gateway or an endpoint is made in the same apply.',
  'retry() {',
  '  tries=0',
  '  until "$@"; do',
  '    tries=$((tries + 1))',
  '    [ "$tries" -lt 40 ] || { echo "aiwm: gave up: $*" >&2; return 1; }',
  '    sleep 10',
  '  done',
  '}',
  '# Installs what is not there: with an image that has it all, a host needs no way to the internet.',
  'have() {',
  '  for package in "$@"; do',
  '    shift',
  '    rpm -q "$package" > /dev/null 2>&1 || set -- "$@" "$package"',
  '  done',
  '  [ "$#" -eq 0 ] || retry dnf install -y "$@"',
  '}',
];

/** Releases wait until the user's commands have run, because they may need what those install. */
function end(firstBoot: readonly string[]): string[] {
  return [...firstBoot, `: > "$root${READY_FILE}"`, 'echo "aiwm: this host is set up"', ''];
}

function agentConfiguration(logGroups: LogGroups): string {
  const file = (name: keyof LogGroups) => ({
    file_path: `/var/log/nginx/${name}.log`,
    log_group_name: logGroups[name],
    log_stream_name: `{instance_id}/${name}`,
  });
  return JSON.stringify(
    { logs: { logs_collected: { files: { collect_list: [file('access'), file('error')] } } } },
    undefined,
    2,
  );
}

function quoted(text: string): string {
  return `'${text.split("'").join(`'\\''`)}'`;
}
