// What AwsPlatform says to AWS, by its meaning: the way in.
import { NginxWsFrontend, TlsCertificate, Upstream, type NginxWsFrontendProps } from 'cdktf-aiwm';
import { AwsEntry } from 'cdktf-aiwm/aws';
import type { SynthesizedStack } from 'cdktf-aiwm/testing';
import { byConstruct } from '../../../support/stack/addresses';
import { CERTIFICATE, synthesizeAws, TLS_SECRET } from '../../../support/aws/aws-site';
import { FrontConf } from '../../../support/front/nginx-tree';
import { whole, only, plain, waysIn } from '../../../support/aws/whole-stack';

describe('the way in', () => {
  const listeners = byConstruct(whole, 'aws_lb_listener');
  const conf = whole.configuration();

  test('with a certificate of ACM, TLS ends at the load balancer, and instances see https and 443', () => {
    expect(listeners.Frontend_HttpsListener).toMatchObject({
      port: 443,
      protocol: 'TLS',
      ssl_policy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
      alpn_policy: 'None',
    });
    expect(conf).toContain('proxy_set_header X-Forwarded-Proto https;');
    expect(conf).toContain('proxy_set_header X-Forwarded-Port 443;');
    expect(conf).toContain('listen 8444 so_keepalive=60s:15s:4;');
    expect(conf).not.toContain('ssl_certificate');
    expect(whole.outputs.frontend_url).toBe('https://chat.example.org');
  });

  test('port 80 only redirects to TLS', () => {
    expect(listeners.Frontend_HttpListener).toMatchObject({ port: 80, protocol: 'TCP' });
    const servers = conf.split(/\n(?= {4}server \{)/).filter((each) => /listen 8080;/.test(each));
    expect(servers).toEqual([expect.stringContaining('return 308 https://$host$request_uri;')]);
  });

  test('with a certificate in Secrets Manager: TLS goes through to nginx', () => {
    const stack = synthesizeAws((site) =>
      site.front({ tls: TlsCertificate.fromSecret(TLS_SECRET) }),
    );
    expect(byConstruct(stack, 'aws_lb_listener').Frontend_HttpsListener).toMatchObject({
      port: 443,
      protocol: 'TCP',
      tcp_idle_timeout_seconds: 3600,
    });
    expect(stack.configuration()).toContain('listen 8443 ssl so_keepalive=60s:15s:4;');
    expect(stack.configuration()).toContain('ssl_certificate tls/certificate.pem;');
    expect(stack.configuration()).toContain('proxy_set_header X-Forwarded-Proto $scheme;');
    expect(
      byConstruct(stack, 'aws_ssm_association').Frontend_Delivery_Association!.parameters,
    ).toMatchObject({ TlsSecret: TLS_SECRET });
  });

  test('clients keep their addresses, and their connections when a host goes or fails a check', () => {
    for (const group of Object.values(byConstruct(whole, 'aws_lb_target_group'))) {
      expect(group).toMatchObject({
        preserve_client_ip: 'true',
        proxy_protocol_v2: false,
        connection_termination: false,
        deregistration_delay: '900',
        target_health_state: [{ enable_unhealthy_connection_termination: false }],
      });
      expect(group.health_check).toMatchObject({ port: '8082', path: '/nginx-health' });
    }
    expect(conf).toContain('hash $aiwm_affinity_key consistent;');
    expect(conf).toContain('default $remote_addr;');
    expect(whole.warnings).toEqual([]);
  });

  const behind = (entry: AwsEntry, props: Partial<NginxWsFrontendProps> = {}, instances = 3) =>
    synthesizeAws((site) => {
      site.platform({ entry });
      site.front({ cluster: site.cluster({ instances }), ...props });
    });
  const room = (stack: SynthesizedStack) =>
    (Number(FrontConf.parse(stack.configuration()).block('events').value('worker_connections')) -
      1024) /
    2;

  test.each<[string, AwsEntry, number]>([
    ['a network load balancer', AwsEntry.nlb(), 30_000],
    ['an application load balancer', AwsEntry.alb({ connectionsPerHost: 1_001 }), 1_502],
  ])('nginx has room until an alarm says that hosts are crowded: %s', (_, entry, crowded) => {
    const stack = behind(entry);
    expect(room(stack)).toBe(crowded);
    expect(
      byConstruct(stack, 'aws_cloudwatch_metric_alarm').Frontend_Alarms_Crowded!.threshold,
    ).toBe(crowded);
  });

  test('nginx has room for expectedConnections, up to its limit', () => {
    expect(room(behind(AwsEntry.nlb(), { expectedConnections: 25_000 }))).toBe(25_000);
    expect(room(behind(AwsEntry.nlb({ connectionsPerHost: 400_000 })))).toBe(500_000);
    const tls = TlsCertificate.fromSecret(TLS_SECRET);
    expect(room(behind(AwsEntry.single(), { tls }))).toBe(10_000);
  });

  test('a warning about ports only if they run out before another host is added', () => {
    expect(behind(AwsEntry.nlb(), {}, 1).warnings).toEqual([]);
    expect(behind(AwsEntry.nlb({ connectionsPerHost: 60_000 }), {}, 2).warnings).toEqual([
      expect.stringContaining('60000 connections over 2 instance(s) are 30000 to each address'),
    ]);
    expect(behind(AwsEntry.nlb(), { expectedConnections: 30_000 }, 1).warnings).toEqual([
      expect.stringContaining('30000 connections over 1 instance(s) are 30000 to each address'),
    ]);
  });

  test('with IPv6 the load balancer names the client, and only it is believed', () => {
    const stack = synthesizeAws((site) => {
      site.platform({ entry: AwsEntry.nlb({ ipv6: true, proxyProtocol: true }) });
      site.front();
    });
    expect(only('aws_lb', stack)).toMatchObject({ ip_address_type: 'dualstack' });
    expect(Object.values(byConstruct(stack, 'aws_lb_target_group'))).toEqual([
      expect.objectContaining({ proxy_protocol_v2: true, preserve_client_ip: 'false' }),
      expect.objectContaining({ proxy_protocol_v2: true, preserve_client_ip: 'false' }),
    ]);
    const rendered = stack.configuration();
    expect(plain(rendered)).toContain(
      'set_real_ip_from "data.aws_subnet.Platform_BalancerSubnet1.cidr_block";',
    );
    expect(Object.values(byConstruct(stack, 'aws_lb'))[0]!.subnets).toEqual(
      Object.values(stack.json.data!.aws_subnet as Record<string, { readonly id: string }>).map(
        ({ id }) => id,
      ),
    );
    expect(rendered).toContain('listen 8444 proxy_protocol so_keepalive=60s:15s:4;');
    expect(rendered).toContain('listen 8082 proxy_protocol;');
  });

  test('an application load balancer speaks TLS, redirects by itself and names the client in a header', () => {
    const stack = synthesizeAws((site) => {
      site.platform({ entry: AwsEntry.alb({ internal: true }) });
      site.front();
    });
    expect(only('aws_lb', stack)).toMatchObject({
      load_balancer_type: 'application',
      internal: true,
      idle_timeout: 3600,
    });
    expect(only('aws_lb_target_group', stack)).toMatchObject({ protocol: 'HTTP', port: 8444 });
    expect(byConstruct(stack, 'aws_lb_listener')).toMatchObject({
      Frontend_HttpsListener: { protocol: 'HTTPS', certificate_arn: CERTIFICATE },
      Frontend_HttpListener: { default_action: [{ type: 'redirect' }] },
    });
    const rendered = stack.configuration();
    expect(rendered).toContain('real_ip_header X-Forwarded-For;');
    expect(rendered).toContain('real_ip_recursive off;');
    expect(rendered).toContain('keepalive_timeout 3615s;');
    expect(rendered).not.toContain('listen 8080');
    expect(
      Object.values(stack.json.data!.aws_subnet as Record<string, { readonly id: string }>),
    ).toEqual([
      expect.objectContaining({ id: 'subnet-0a1b2c3d4e5f60721' }),
      expect.objectContaining({ id: 'subnet-0a1b2c3d4e5f60722' }),
    ]);
  });

  test('a proxy before the load balancer is one to be looked past', () => {
    const stack = behind(AwsEntry.alb(), { trustedProxies: ['192.0.2.0/24'] });
    const { front: server } = FrontConf.parse(plain(stack.configuration()));
    expect(server.all('set_real_ip_from').flat()).toContain('192.0.2.0/24');
    expect(server.value('real_ip_recursive')).toBe('on');
  });

  test('hosts of nginx: two at least, replaced by new ones first, drained when they go', () => {
    const group = only('aws_autoscaling_group');
    expect(group).toMatchObject({ min_size: 2, max_size: 4, health_check_type: 'ELB' });
    expect(group.instance_refresh).toMatchObject({
      preferences: {
        min_healthy_percentage: 100,
        max_healthy_percentage: 150,
        auto_rollback: true,
      },
    });
    // Within the group it would be replaced with it.
    expect(group).not.toHaveProperty('initial_lifecycle_hook');
    expect(only('aws_autoscaling_lifecycle_hook')).toMatchObject({
      lifecycle_transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      heartbeat_timeout: 900,
      default_result: 'CONTINUE',
    });
    // Longer than the load balancer keeps connections to hosts that go.
    expect(group.timeouts).toEqual({ delete: '30m' });
    expect(group.suspended_processes).toEqual(['AZRebalance']);
    expect(only('aws_autoscaling_policy').target_tracking_configuration).toMatchObject({
      target_value: 20_000,
      disable_scale_in: true,
    });
  });

  test('a changed configuration does not reach the template of hosts', () => {
    const other = synthesizeAws((site) =>
      site.front({
        cluster: site.cluster({ backplane: site.backplane() }),
        maxBodySize: '5m',
      }),
    );
    expect(only('aws_launch_template', other)).toEqual(only('aws_launch_template'));
    expect(other.configuration()).not.toBe(conf);
  });

  test('names of the front lead there, and a new certificate is for all of them', () => {
    const stack = synthesizeAws((site) => {
      site.platform({ hostedZoneId: 'Z0123456789ABCDEFGHIJ' });
      site.front({ tls: TlsCertificate.acm(), alternativeNames: ['www.example.org'] });
    });
    expect(only('aws_acm_certificate', stack)).toMatchObject({
      domain_name: 'chat.example.org',
      subject_alternative_names: ['www.example.org'],
      validation_method: 'DNS',
    });
    const records = byConstruct(stack, 'aws_route53_record');
    expect(
      Object.values(records)
        .filter(({ alias }) => alias !== undefined)
        .map(({ name }) => name),
    ).toEqual(['chat.example.org', 'www.example.org']);
    expect(records['Frontend_ValidationRecords_Name-wwwexampleorg']!.name).toContain(
      '.resource_record_name if each.domain_name == "www.example.org"',
    );
    expect(
      plain(byConstruct(stack, 'aws_lb_listener').Frontend_HttpsListener!.certificate_arn),
    ).toBe('aws_acm_certificate_validation.Frontend_CertificateValidation.certificate_arn');
  });
});

describe('a single host', () => {
  const stack = synthesizeAws((site) => {
    site.platform({ entry: AwsEntry.single(), hostedZoneId: 'Z0123456789ABCDEFGHIJ' });
    site.front({ tls: TlsCertificate.fromSecret(TLS_SECRET) });
  });

  test('at a fixed address, without a load balancer or a group', () => {
    expect(plain(only('aws_eip', stack).network_interface)).toBe(
      'aws_network_interface.Frontend_NetworkInterface.id',
    );
    expect(Object.keys(stack.json.resource!)).not.toContain('aws_lb');
    expect(Object.keys(stack.json.resource!)).not.toContain('aws_autoscaling_group');
    expect(plain(only('aws_route53_record', stack).records)).toBe(
      'aws_eip.Frontend_Address.public_ip',
    );
  });

  test('which the world reaches at 443 and 80 alone', () => {
    expect(waysIn(stack)).toEqual([
      'Platform_InstanceSecurityGroup from Platform_NginxSecurityGroup at 3003',
      'Platform_NginxSecurityGroup from 0.0.0.0/0 at 443',
      'Platform_NginxSecurityGroup from 0.0.0.0/0 at 80',
    ]);
    expect(stack.configuration()).toContain('listen 443 ssl so_keepalive=60s:15s:4;');
  });
});

test('servers that exist already are fronted without hosts for instances', () => {
  const stack = synthesizeAws(
    (site) =>
      new NginxWsFrontend(site.scope, 'Frontend', {
        platform: site.platform({ nginxEgress: [{ port: 3003, range: '10.0.1.0/24' }] }),
        upstream: Upstream.servers(['10.0.1.5:3003', '10.0.1.6:3003']),
        serverName: 'chat.example.org',
        tls: TlsCertificate.acm(CERTIFICATE),
      }),
  );
  expect(Object.keys(stack.json.resource!)).not.toContain('aws_instance');
});
