// What AwsPlatform says to AWS, by its meaning: alarms and dashboards.
import { TlsCertificate } from 'cdktf-aiwm';
import { AwsEntry } from 'cdktf-aiwm/aws';
import type { SynthesizedStack } from 'cdktf-aiwm/testing';
import { byConstruct } from '../../../support/stack/addresses';
import { CERTIFICATE, synthesizeAws, TLS_SECRET } from '../../../support/aws/aws-site';
import { plain } from '../../../support/aws/whole-stack';

describe('alarms', () => {
  const topic = 'arn:aws:sns:eu-central-1:123456789012:oncall';
  const balanced = synthesizeAws((site) => {
    site.platform({ alarmTopicArns: [topic] });
    site.front({ cluster: site.cluster({ backplane: site.backplane() }) });
  });
  const passed = synthesizeAws((site) => {
    site.platform({ alarmTopicArns: [topic] });
    site.front({ tls: TlsCertificate.fromSecret(TLS_SECRET) });
  });
  const single = synthesizeAws((site) => {
    site.platform({ alarmTopicArns: [topic], entry: AwsEntry.single() });
    site.front({
      cluster: site.cluster({ instances: 2 }),
      tls: TlsCertificate.fromSecret(TLS_SECRET),
    });
  });
  const alarmsOf = (stack: SynthesizedStack) => byConstruct(stack, 'aws_cloudwatch_metric_alarm');
  const idsOf = (stack: SynthesizedStack, of: string) =>
    Object.keys(alarmsOf(stack))
      .filter((id) => id.startsWith(`${of}_Alarms_`))
      .map((id) => id.replace(/^.*_/, ''))
      .sort();

  test.each([
    ['behind a load balancer', balanced, 15],
    ['with TLS that goes through it', passed, 11],
    ['on a single host', single, 9],
  ])('%s: each tells the topics when it goes off and when it is over', (_, stack, count) => {
    const all = Object.values(alarmsOf(stack));
    expect(all).toHaveLength(count);
    for (const alarm of all) {
      expect(alarm).toMatchObject({ alarm_actions: [topic], ok_actions: [topic] });
    }
  });

  test('are over what hurts', () => {
    expect(idsOf(balanced, 'Backplane')).toEqual(['Busy1', 'Busy2', 'Lag1', 'Lag2']);
    const front = ['Certificate', 'Crowded', 'Failures', 'NoHealthyHost'];
    expect(idsOf(balanced, 'Frontend')).toEqual([...front, 'UnhealthyHost']);
    expect(idsOf(passed, 'Frontend')).toEqual([...front, 'UnhealthyHost']);
    expect(idsOf(single, 'Frontend')).toEqual([...front, 'StatusCheck']);
    expect(idsOf(balanced, 'Aiwm')).toEqual([
      'Memory1',
      'Memory2',
      'Memory3',
      'Silent1',
      'Silent2',
      'Silent3',
    ]);
    expect(idsOf(single, 'Aiwm')).toEqual(['Memory1', 'Memory2', 'Silent1', 'Silent2']);
  });

  test('on metrics that hosts and tasks report wait for the first release', () => {
    for (const [stack, id, resources] of [
      [
        single,
        'Aiwm_Alarms_Silent1',
        ['aws_ecs_service.Aiwm_Instance1_Service', 'aws_ecs_service.Aiwm_Instance2_Service'],
      ],
      [
        single,
        'Frontend_Alarms_NoHealthyHost',
        ['aws_ssm_association.Frontend_Delivery_Association'],
      ],
    ] as const) {
      expect((alarmsOf(stack)[id]!.depends_on as string[]).map(plain)).toEqual(resources);
    }
  });

  const slotMetrics = (metric: string) => ({
    namespace: 'AWS/ECS',
    metric_name: metric,
    dimensions: {
      ClusterName: expect.stringContaining('aws_ecs_cluster.Platform_Cluster'),
      ServiceName: expect.stringContaining('aws_ecs_service.Aiwm_Instance2_Service'),
    },
    period: 60,
  });

  test('a slot that has no task for longer than ECS takes to replace one', () => {
    expect(alarmsOf(balanced).Aiwm_Alarms_Silent2).toMatchObject({
      ...slotMetrics('CPUUtilization'),
      statistic: 'SampleCount',
      comparison_operator: 'LessThanThreshold',
      threshold: 1,
      evaluation_periods: 10,
      treat_missing_data: 'breaching',
    });
  });

  test('a slot whose next peak may end its task', () => {
    expect(alarmsOf(balanced).Aiwm_Alarms_Memory2).toMatchObject({
      ...slotMetrics('MemoryUtilization'),
      statistic: 'Maximum',
      comparison_operator: 'GreaterThanThreshold',
      threshold: 90,
      treat_missing_data: 'notBreaching',
    });
  });

  test('a certificate is watched where it is: by ACM, or by the hosts', () => {
    expect(alarmsOf(balanced).Frontend_Alarms_Certificate).toMatchObject({
      namespace: 'AWS/CertificateManager',
      metric_name: 'DaysToExpiry',
      dimensions: { CertificateArn: CERTIFICATE },
    });
    for (const stack of [passed, single]) {
      expect(alarmsOf(stack).Frontend_Alarms_Certificate).toMatchObject({
        namespace: 'AIWM',
        metric_name: 'CertificateDays',
        dimensions: { Front: 'chat-platform-frontend' },
        statistic: 'Minimum',
        comparison_operator: 'LessThanThreshold',
        threshold: 14,
        period: 3600,
      });
    }
  });

  test('a single host that reports nothing, fails its status check, or is full', () => {
    const alarms = alarmsOf(single);
    const connections = {
      namespace: 'AIWM',
      metric_name: 'ActiveConnections',
      dimensions: { Front: 'chat-platform-frontend' },
    };
    expect(alarms.Frontend_Alarms_NoHealthyHost).toMatchObject({
      ...connections,
      statistic: 'SampleCount',
      comparison_operator: 'LessThanThreshold',
      threshold: 1,
      evaluation_periods: 3,
      treat_missing_data: 'breaching',
    });
    expect(alarms.Frontend_Alarms_StatusCheck).toMatchObject({
      namespace: 'AWS/EC2',
      metric_name: 'StatusCheckFailed',
      comparison_operator: 'GreaterThanThreshold',
      threshold: 0,
    });
    expect(
      plain((alarms.Frontend_Alarms_StatusCheck!.dimensions as object)['InstanceId' as never]),
    ).toBe('aws_instance.Frontend_Host.id');
    // 10000 expected ones.
    expect(alarms.Frontend_Alarms_Crowded).toMatchObject({ ...connections, threshold: 10_768 });
  });

  test('5xx of every front are counted in both forms of its log', () => {
    for (const stack of [balanced, passed, single]) {
      const filters = byConstruct(stack, 'aws_cloudwatch_log_metric_filter');
      expect(Object.keys(filters)).toEqual([
        'Frontend_FailureFilters_Json',
        'Frontend_FailureFilters_Readable',
      ]);
      for (const { metric_transformation: told } of Object.values(filters)) {
        expect(told).toMatchObject({
          namespace: 'AIWM',
          name: alarmsOf(stack).Frontend_Alarms_Failures!.metric_name,
        });
      }
    }
  });

  test('dashboards show the same', () => {
    const titles = (stack: SynthesizedStack) =>
      Object.entries(byConstruct(stack, 'aws_cloudwatch_dashboard')).flatMap(
        ([id, { dashboard_body: body }]) =>
          (
            JSON.parse(body as string) as { widgets: { properties: { title: string } }[] }
          ).widgets.map(({ properties }) => `${id.replace('_Dashboard', '')}: ${properties.title}`),
      );
    const slots = [
      'Aiwm: Processor of each slot, in percent',
      'Aiwm: Memory of each slot, in percent',
      'Aiwm: Tasks of each slot',
    ];
    const hosts = [
      'Frontend: Connections of a host, on average',
      'Frontend: Connections of the fullest host',
      'Frontend: Hosts that serve, and that do not',
      'Frontend: Answers with 5xx',
    ];
    expect(titles(balanced)).toEqual([
      ...slots,
      'Backplane: Time of the engine, %',
      'Backplane: Lag of replicas, s',
      'Backplane: Connections',
      'Backplane: Sent, bytes',
      ...hosts,
    ]);
    expect(titles(passed)).toEqual([
      ...slots,
      ...hosts,
      'Frontend: Days until the certificate ends',
    ]);
    expect(titles(single)).toEqual([
      ...slots,
      'Frontend: Connections',
      'Frontend: Failed checks of the host',
      'Frontend: Answers with 5xx',
      'Frontend: Days until the certificate ends',
    ]);
  });
});
