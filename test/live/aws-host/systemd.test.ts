// Hosts of AWS under a real systemd, which is that of a machine made of the files of this one: the user data that
// AwsPlatform gives to a host at its first boot, and the document that Systems Manager runs there. Stand-ins are the AWS
// CLI, dnf and CloudWatch's agent, which ask the network.
import { NginxWsFrontend, TlsCertificate, Upstream } from 'cdktf-aiwm';
import { AwsEntry } from 'cdktf-aiwm/aws';
import { AwsMachine, documentFor } from '../../support/aws/host/aws-machine';
import { describeWithSystemd } from '../../support/aws/host/systemd-machine';
import { byConstruct } from '../../support/stack/addresses';
import { synthesizeAws, TLS_SECRET } from '../../support/aws/aws-site';
import { testCertificate, type TestCertificate } from '../../support/front/certificate';
import { cleanUp } from '../../support/machine/clean-up';
import { waitFor } from '../../support/machine/wait';

afterAll(cleanUp);

const stack = synthesizeAws((site) => {
  // curl speaks TLS to a host at once, without the load balancer's words about the client.
  const platform = site.platform({ entry: AwsEntry.nlb({ proxyProtocol: false }) });
  new NginxWsFrontend(site.scope, 'Frontend', {
    platform,
    // Where instances are in this machine. The oldest nginx of Debian and Ubuntu could not follow their names.
    upstream: Upstream.servers(['127.0.0.1:3003', '127.0.0.2:3003'], { healthPath: '/health' }),
    serverName: 'chat.example.org',
    tls: TlsCertificate.fromSecret(TLS_SECRET),
    nginxVersion: '1.22',
  });
});

describeWithSystemd('a host of nginx', () => {
  const unit = 'aiwm-nginx.service';
  const tls = testCertificate('chat.example.org');
  const renewed = testCertificate('chat.example.org', 'renewed');
  const configuration = stack.configuration();

  /** Answers after two seconds, and leaves a file when it was asked. */
  const slowInstance = `
import http.server, time

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open('/srv/asked', 'w') as file:
            file.write('yes')
        time.sleep(2)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'slow')

http.server.HTTPServer(('', 3003), Answer).serve_forever()
`;

  let host: AwsMachine;
  beforeAll(async () => {
    const { user_data: userData } = byConstruct(
      stack,
      'aws_launch_template',
    ).Frontend_LaunchTemplate!;
    host = await AwsMachine.firstBoot(userData, documentFor(stack, 'Frontend'));
    await host.putSecret(TLS_SECRET, { certificate: tls.certificate, key: tls.key });
  });

  const mainPid = () => host.machine.property(unit, 'MainPID');
  const served = () =>
    host.machine.ask('curl --silent --fail --max-time 2 http://127.0.0.1:8081/release');
  const shown = () =>
    host.machine.ask(
      'openssl s_client -connect 127.0.0.1:8443 -servername chat.example.org < /dev/null 2> /dev/null | openssl x509',
    );
  const pem = ({ certificate }: TestCertificate) => certificate.trim();

  test('is set up by its first boot', async () => {
    expect(await host.failures()).toBe('');
    expect(await host.machine.property('cloud-final.service', 'Result')).toBe('success');
    expect(await host.machine.ask('ls /etc/aiwm')).toBe('ready');
  });

  test('has taken the place of the service of the package', async () => {
    expect(await host.machine.property('nginx.service', 'ActiveState,UnitFileState')).toBe(
      'inactive\ndisabled',
    );
  });

  test('serves the first release', async () => {
    const ran = await host.deliver(configuration);
    expect(ran).toEqual({
      code: 0,
      output: expect.stringMatching(/^aiwm: nginx serves release \w{12}\n$/),
    });
    expect(ran.output).toContain(await served());
    expect(await shown()).toBe(pem(tls));
    expect(await host.machine.property(unit, 'ActiveState')).toBe('active');
  });

  test('has units that systemd has nothing to say about', async () => {
    expect(await host.complaints()).toBe('');
  });

  describe('goes on as it was, with the same process,', () => {
    let pid: string;
    let release: string;
    beforeAll(async () => {
      pid = await mainPid();
      release = await served();
    });
    afterEach(async () => {
      expect(await mainPid()).toBe(pid);
      expect(await served()).toBe(release);
    });

    test('when nginx refuses a configuration', async () => {
      const bad = configuration.replace('worker_processes', 'worker_proceses');
      expect(await host.deliver(bad)).toEqual({
        code: 1,
        output: expect.stringMatching(
          /unknown directive "worker_proceses"[^]*the one before it goes on serving\.\n$/,
        ),
      });
    });

    test('when a configuration is not what was to be delivered', async () => {
      expect(await host.deliver(`${configuration}# two\n`, { sha256: '0'.repeat(64) })).toEqual({
        code: 1,
        output: expect.stringContaining('is not what was to be delivered'),
      });
    });

    test('when the same is delivered again', async () => {
      expect(await host.deliver(configuration)).toEqual({
        code: 0,
        output: `aiwm: nginx serves release ${release} already\n`,
      });
    });
  });

  test('serves what two runs bring at once, with the same process', async () => {
    const pid = await mainPid();
    const two = `${configuration}# two\n`;
    const ran = await Promise.all([host.deliver(two), host.deliver(two)]);
    const release = await served();
    expect(ran.map(({ output }) => output).sort()).toEqual([
      `aiwm: nginx serves release ${release}\n`,
      `aiwm: nginx serves release ${release} already\n`,
    ]);
    expect(await mainPid()).toBe(pid);
  });

  test('serves a renewed certificate, with the same process', async () => {
    const pid = await mainPid();
    await host.putSecret(TLS_SECRET, { certificate: renewed.certificate, key: renewed.key });
    expect(await host.deliver(configuration)).toMatchObject({ code: 0 });
    await waitFor(async () => (await shown()) === pem(renewed), 5_000, 'the renewed one is shown');
    expect(await mainPid()).toBe(pid);
  });

  describe('logs', () => {
    const log = '/var/log/nginx/access.log';
    const rotate = () => host.machine.ask('systemctl start logrotate.service');
    const logs = async () => (await host.machine.ask(`ls ${log}*`)).split('\n');

    test('are looked at every ten minutes', async () => {
      const listed = await host.machine.ask('systemctl list-timers --output json logrotate.timer');
      const [{ next = 0 } = {}] = JSON.parse(listed) as { next?: number }[];
      const inMs = next / 1000 - Date.now();
      expect(inMs).toBeGreaterThan(0);
      expect(inMs).toBeLessThan(10 * 60_000 + 15_000);
      expect(await host.machine.property('logrotate.timer', 'UnitFileState')).toBe('enabled');
    });

    test('stay where they are while they are small', async () => {
      await rotate();
      expect(await logs()).toEqual([log]);
    });

    test('are rotated by their size, on the same day: nginx goes on in a new file', async () => {
      const pid = await mainPid();
      await host.machine.ask(`truncate --size 101M ${log}`);
      await rotate();
      expect(await logs()).toEqual([log, `${log}.1`]);
      await host.machine.ask(
        "curl --silent --insecure --output /dev/null --resolve '*:8443:127.0.0.1' https://chat.example.org:8443/after",
      );
      await waitFor(
        async () => (await host.machine.ask(`cat ${log}`)).includes('/after'),
        5_000,
        'nginx writes to the new log',
      );
      expect(await host.machine.ask(`stat --format %s ${log}.1`)).toBe(String(101 * 1024 * 1024));
      await rotate();
      expect(await logs()).toEqual([log, `${log}.1`]);
      expect(await mainPid()).toBe(pid);
    });
  });

  test('has nginx back a moment after it was killed', async () => {
    const release = await served();
    const pid = await mainPid();
    await host.machine.ask(`systemctl kill --kill-who=main --signal=KILL ${unit}`);
    const since = Date.now();
    const isBack = async () => (await mainPid()) !== pid && (await served()) === release;
    await waitFor(isBack, 5_000, 'nginx is back', 100);
    expect(Date.now() - since).toBeLessThan(4_000);
    // The workers of the one before went with it: only one process of nginx is no child of another.
    expect(await host.machine.ask("pgrep --count --full '^nginx: master'")).toBe('1');
    const parents = await host.machine.ask('ps --no-headers -o ppid -C nginx | sort --unique');
    expect(parents.split(/\s+/).filter(Boolean).sort()).toEqual(['1', await mainPid()].sort());
  });

  test('leaves no core when it crashes, which would hold the key', async () => {
    const limits = await host.machine.ask(`cat /proc/${await mainPid()}/limits`);
    expect(limits).toMatch(/^Max core file size +0 +0 /m);
  });

  test('answers what it was asked before it stops', async () => {
    await host.machine.write('/srv/slow.py', slowInstance);
    await host.machine.ask('systemd-run --quiet --unit=slow python3 /srv/slow.py');
    const url = 'https://chat.example.org:8443/dev/aiwm/slow';
    const asked = host.machine.ask(
      `curl --silent --fail --insecure --resolve '*:8443:127.0.0.1' --retry 5 ${url}`,
    );
    await waitFor(() => host.machine.ask('cat /srv/asked'), 10_000, 'it was asked');
    await host.machine.ask(`systemctl stop ${unit}`);
    expect(await asked).toBe('slow');
    expect(await host.machine.property(unit, 'ActiveState,Result')).toBe('success\ninactive');
    expect(await host.deliver(configuration)).toMatchObject({ code: 0 });
  });

  /** Those that there are, with what they start. */
  const timers = async () => {
    const listed = await host.machine.ask('systemctl list-timers --output json "aiwm-*"');
    return JSON.parse(listed) as { next: number; unit: string; activates: string }[];
  };

  const counts = async () => {
    const before = (await host.awsCalls('cloudwatch')).length;
    const hasCounted = async () => (await host.awsCalls('cloudwatch')).length > before;
    await waitFor(hasCounted, 5_000, 'it has counted', 200);
  };

  test('counts each minute', async () => {
    const all = await timers();
    expect(all.map(({ unit: name }) => name)).toContain('aiwm-connections.timer');
    for (const { next, activates } of all) {
      expect(next / 1000 - Date.now()).toBeLessThan(61_000);
      await host.machine.ask(`systemctl start ${activates}`);
      expect(await host.machine.property(activates, 'Result,ConditionResult')).toBe('success\nyes');
    }
    expect(await host.awsCalls('cloudwatch')).not.toEqual([]);
  });

  test('counts by itself', async () => {
    // Each second, and at once when it starts: with the boot as well.
    for (const { unit: name } of await timers()) {
      await host.machine.write(
        `/etc/systemd/system/${name}.d/fast.conf`,
        '[Timer]\nOnCalendar=*:*:0/1\nOnStartupSec=0\n',
      );
    }
    await host.machine.ask('systemctl daemon-reload && systemctl restart "aiwm-*.timer"');
    await counts();
  });

  test('serves again after a reboot, without Systems Manager and with a certificate from Secrets Manager', async () => {
    const release = await served();
    const fetched = (await host.awsCalls('s3api')).length;
    await host.machine.reboot();
    expect(await host.failures()).toBe('');
    expect(await served()).toBe(release);
    expect(await shown()).toBe(pem(renewed));
    expect(await host.awsCalls('s3api')).toHaveLength(fetched);
    expect(await host.machine.property('aiwm-nginx-release.service', 'Result')).toBe('success');
    expect(await host.machine.property('cloud-final.service', 'ConditionResult')).toBe('no');
    await counts();
  });

  test('tries again after a reboot until the certificate can be had', async () => {
    // In place of ten seconds.
    await host.machine.write(
      '/etc/systemd/system/aiwm-nginx-release.service.d/fast.conf',
      '[Service]\nRestartSec=2\n',
    );
    await host.removeSecret(TLS_SECRET);
    await host.machine.reboot();
    expect(await host.machine.property(unit, 'ActiveState')).toBe('inactive');
    await host.putSecret(TLS_SECRET, { certificate: tls.certificate, key: tls.key });
    await waitFor(async () => (await shown()) === pem(tls), 10_000, 'it serves', 250);
  });
});
