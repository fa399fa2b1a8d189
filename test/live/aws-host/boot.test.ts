// The first boot of hosts of AWS: user data run for real beside stand-ins of dnf, systemd and the AWS CLI, and what
// comes after it.
import { nginxHostUserData } from '../../../lib/platform/aws/hosts/programs/user-data';
import { nginxReleaseScript } from '../../../lib/platform/aws/hosts/programs/nginx-release';
import { describeOnHost, HostBed } from '../../support/aws/host/host-bed';
import { certificateThatLasts } from '../../support/front/certificate';
import { cleanUp } from '../../support/machine/clean-up';
import { freePorts } from '../../support/machine/free-ports';
import { request, requestJson } from '../../support/front/http';
import { sleep, waitFor } from '../../support/machine/wait';

afterAll(cleanUp);

/** Cannot reach the repository at first, as on a network that is still being made. */
const dnf = `#!/bin/sh
echo "$*" >> "$AIWM_ROOT/dnf"
[ "$(wc -l < "$AIWM_ROOT/dnf")" -gt 2 ] || exit 1
mkdir -p "$AIWM_ROOT/var/log/nginx"
ln -sf "$(command -v nginx || echo /usr/sbin/nginx)" "$AIWM_ROOT/usr/sbin/nginx"
`;
/** Knows what the image of the host has. */
const rpm = '#!/bin/sh\ngrep -qsxF "$2" "$AIWM_ROOT/packages"\n';
/** Time goes by quickly, and is counted. */
const sleeps = '#!/bin/sh\necho "$1" >> "$AIWM_ROOT/slept"\nexec /bin/sleep 0.05\n';
const patient = { rpm, sleep: sleeps };
const agent = 'opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl';

describeOnHost('a host of nginx', () => {
  let bed: HostBed;
  let httpPort: number;
  let statusPort: number;
  let delivery: Record<string, string>;
  let configuration: (listen: string, port?: number) => string;
  beforeAll(async () => {
    bed = await HostBed.start({ dnf, ...patient });
    [httpPort = 0, statusPort = 0] = await freePorts(2);
    bed.write(agent, '#!/bin/sh\necho "$*" > "$AIWM_ROOT/agent"\n', 0o755);
    const { root } = bed;
    configuration = (listen, port = statusPort) => `
user root;
pid ${root}/run/nginx.pid;
error_log ${root}/var/log/nginx/error.log;
events {}
http {
  access_log off;
  client_body_temp_path ${root}/temp1;
  proxy_temp_path ${root}/temp2;
  fastcgi_temp_path ${root}/temp3;
  uwsgi_temp_path ${root}/temp4;
  scgi_temp_path ${root}/temp5;
  server {
    listen 127.0.0.1:${httpPort}${listen};
    return 200 '{"serves":true}';
  }
  server {
    listen 127.0.0.1:${port};
    location = /release { include release.conf; }
    location = /connections { stub_status; }
  }
}
`;
    delivery = {
      AIWM_REGION: 'eu-central-1',
      AIWM_BUCKET: 'the-bucket',
      ...bed.putObject('nginx/nginx.conf', configuration('')),
      AIWM_TLS_SECRET: '',
      AIWM_STATUS_PORT: String(statusPort),
    };
  });

  test('is set up while SSM waits for it, and then serves, here without a certificate', async () => {
    const early = bed.begin(nginxReleaseScript(), delivery);
    const { code, output } = await bed.run(
      nginxHostUserData({
        nginxVersion: '1.30',
        metric: { namespace: 'AIWM', name: 'Front', value: "it's" },
        logGroups: { access: '/aiwm/dev/nginx', error: '/aiwm/dev/nginx/error' },
        firstBoot: [],
      }),
    );
    expect({ code, output }).toEqual({ code: 0, output: 'aiwm: this host is set up\n' });
    expect(await early.waitForExit(20_000)).toMatchObject({ code: 0 });
    expect(early.output()).toMatch(/^aiwm: nginx serves release \w{12}\n$/);
    expect(await requestJson(`http://127.0.0.1:${httpPort}/`)).toEqual({ serves: true });
  });

  interface Metric {
    readonly MetricName: string;
    readonly Value: number;
  }

  /** What CloudWatch is told in one minute, besides memory and disk. */
  async function told(): Promise<unknown> {
    const before = bed.awsCalls('cloudwatch').length;
    expect(await bed.run('systemctl start aiwm-connections.service')).toMatchObject({ code: 0 });
    const [call = '', ...more] = bed.awsCalls('cloudwatch').slice(before);
    expect(more).toEqual([]);
    const start =
      'cloudwatch put-metric-data --region eu-central-1 --namespace AIWM --metric-data ';
    expect(call.slice(0, start.length)).toBe(start);
    const [connections, ...others] = JSON.parse(call.slice(start.length)) as Metric[];
    const loads = others.slice(0, 2);
    expect(loads).toEqual(
      ['MemoryUsed', 'DiskUsed'].map((MetricName) => ({
        ...own,
        MetricName,
        Unit: 'Percent',
        Value: expect.any(Number) as number,
      })),
    );
    for (const { Value } of loads) {
      expect(Value).toBeGreaterThan(0);
      expect(Value).toBeLessThanOrEqual(100);
    }
    return [connections, ...others.slice(2)];
  }
  const own = { Dimensions: [{ Name: 'Front', Value: "it's" }] };

  test('has tried again what needs the network', () => {
    const nginx = 'install -y nginx-1.30.*';
    expect(bed.read('dnf').trim().split('\n')).toEqual([
      nginx,
      nginx,
      nginx,
      'install -y openssl diffutils logrotate amazon-cloudwatch-agent',
    ]);
    expect(
      bed
        .read('slept')
        .split('\n')
        .filter((time) => time === '10'),
    ).toHaveLength(2);
  });

  test('takes nginx from nginx.org, signed', () => {
    expect(bed.read('etc/yum.repos.d/nginx.repo')).toBe(`[nginx]
name=nginx.org
baseurl=https://nginx.org/packages/amzn/2023/$basearch/
gpgcheck=1
gpgkey=https://nginx.org/keys/nginx_signing.key
enabled=1
module_hotfixes=true
priority=9
`);
    expect(bed.systemd.calls).toContain('disable nginx.service');
  });

  test('ships the logs of nginx', () => {
    const [, file = ''] = /-s -c file:(.*)\n$/.exec(bed.read('agent')) ?? [];
    const { logs } = JSON.parse(bed.read(file.slice(bed.root.length))) as {
      logs: { logs_collected: { files: { collect_list: unknown[] } } };
    };
    expect(logs.logs_collected.files.collect_list).toEqual(
      ['access', 'error'].map((name) => ({
        file_path: `/var/log/nginx/${name}.log`,
        log_group_name: `/aiwm/dev/nginx${name === 'access' ? '' : '/error'}`,
        log_stream_name: `{instance_id}/${name}`,
      })),
    );
  });

  test('tells CloudWatch each minute how many connections are open, and how full memory and disk are', async () => {
    expect(bed.systemd.enabled).toContain('aiwm-connections.timer');
    expect(bed.read('etc/systemd/system/aiwm-connections.timer')).toContain('OnCalendar=minutely');
    expect(await told()).toEqual([
      { ...own, MetricName: 'ActiveConnections', Unit: 'Count', Value: 1 },
    ]);
  });

  test('and how many days are left of the certificate, where nginx speaks TLS', async () => {
    const tls = configuration(
      ' ssl; ssl_certificate tls/certificate.pem; ssl_certificate_key tls/key.pem',
    );
    const deliver = async (days: number) => {
      bed.putSecret('front-tls', JSON.stringify(certificateThatLasts(days)));
      // After that the last of its days is no whole one any more.
      await sleep(1_001);
      return bed.run(nginxReleaseScript(), {
        ...delivery,
        ...bed.putObject('nginx/tls.conf', tls),
        AIWM_TLS_SECRET: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:front-tls',
      });
    };
    const connections = { ...own, MetricName: 'ActiveConnections', Unit: 'Count', Value: 1 };
    const days = { ...own, MetricName: 'CertificateDays', Unit: 'None' };
    expect(await deliver(12)).toMatchObject({ code: 0 });
    expect(await told()).toEqual([connections, { ...days, Value: 11 }]);
    expect(await deliver(90)).toMatchObject({ code: 0 });
    expect(await told()).toEqual([connections, { ...days, Value: 89 }]);
    // One that has ended does not take its place, and so the one that is served is told.
    expect(await deliver(-1)).toMatchObject({ code: 1 });
    expect(await told()).toEqual([connections, { ...days, Value: 89 }]);

    bed.write('etc/aiwm/current/tls/certificate.pem', 'nothing that can be read');
    expect(await told()).toEqual([connections]);
    expect(await bed.run(nginxReleaseScript(), delivery)).toMatchObject({ code: 0 });
    expect(await told()).toEqual([connections]);
  });

  test('and goes on with it where nginx tells it at another port', async () => {
    const [port = 0] = await freePorts(1);
    const moved = {
      ...delivery,
      ...bed.putObject('nginx/nginx.conf', configuration('', port)),
      AIWM_STATUS_PORT: String(port),
    };
    expect(await bed.run(nginxReleaseScript(), moved)).toMatchObject({ code: 0 });
    // nginx listens at the port before for a moment longer.
    await waitFor(
      () =>
        request(`http://127.0.0.1:${statusPort}/`).then(
          () => false,
          () => true,
        ),
      5_000,
      'the port before is closed',
    );
    expect(await told()).toEqual([
      { ...own, MetricName: 'ActiveConnections', Unit: 'Count', Value: 1 },
    ]);
  });

  test('has units that systemd itself has nothing to say about', () => {
    expect(bed.unitComplaints() ?? '').toBe('');
  });

  test('serves again after a reboot', async () => {
    await bed.reboot();
    expect(await requestJson(`http://127.0.0.1:${httpPort}/`)).toEqual({ serves: true });
  });
});

describeOnHost('what the image of a host has is not installed', () => {
  const packages = ['openssl', 'diffutils', 'logrotate', 'amazon-cloudwatch-agent'];
  const start = async (nginx: string, installed: readonly string[]) => {
    const bed = await HostBed.start({ dnf, ...patient });
    bed.write('packages', installed.join('\n'));
    bed.write('usr/sbin/nginx', `#!/bin/sh\necho 'nginx version: nginx/${nginx}' >&2\n`, 0o755);
    bed.write(agent, '#!/bin/sh\n', 0o755);
    return bed;
  };
  const nginxHost = nginxHostUserData({
    nginxVersion: '1.30',
    metric: { namespace: 'AIWM', name: 'Front', value: 'dev' },
    logGroups: { access: '/aiwm/dev/nginx', error: '/aiwm/dev/nginx/error' },
    firstBoot: [],
  });

  test('with all of it there, nothing is asked of the network', async () => {
    const bed = await start('1.30.4', packages);
    expect(await bed.run(nginxHost)).toEqual({ code: 0, output: 'aiwm: this host is set up\n' });
    expect(bed.has('dnf')).toBe(false);
    expect(bed.has('etc/yum.repos.d/nginx.repo')).toBe(false);
  });

  test.each([
    ['another line of nginx', '1.3.30', packages, 'nginx-1.30.*'],
    ['a tool that is not there', '1.30.4', packages.slice(1), 'openssl'],
  ])('but %s is', async (_, nginx, installed, wanted) => {
    const bed = await start(nginx, installed);
    expect(await bed.run(nginxHost)).toMatchObject({ code: 0 });
    expect(new Set(bed.read('dnf').trim().split('\n'))).toEqual(new Set([`install -y ${wanted}`]));
    expect(bed.has('etc/yum.repos.d/nginx.repo')).toBe(wanted.startsWith('nginx'));
  });
});
