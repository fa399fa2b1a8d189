// A scaled cluster on AWS: one service, one name, and the policies that change the number of its tasks.
import type { ClusterScaling } from 'cdktf-aiwm';
import type { AwsPlatformProps } from 'cdktf-aiwm/aws';
import { byConstruct } from '../../../support/stack/addresses';
import { synthesizeAws } from '../../../support/aws/aws-site';
import { only, plain } from '../../../support/aws/whole-stack';

const made = (scaling: ClusterScaling, platform: Partial<AwsPlatformProps> = {}) =>
  synthesizeAws((site) => {
    site.platform(platform);
    site.front({ cluster: site.cluster({ backplane: site.backplane(), scaling }) });
  });

const small = made({ min: 2, max: 8 });
const large = made(
  { min: 3, max: 6, processor: 50, memory: 70, connections: 4000, scaleIn: true },
  { rollout: { batchSize: 2 } },
);

/** Policies by their id, in the terms of AWS. */
function policies(stack = small): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(byConstruct(stack, 'aws_appautoscaling_policy')).map(([name, policy]) => [
      name.replace('Aiwm_Scaled_', ''),
      policy.target_tracking_scaling_policy_configuration,
    ]),
  );
}

test('one service in all zones, which begins with the smallest number and keeps what it has', () => {
  expect(only('aws_ecs_service', small)).toMatchObject({
    name: 'chat-platform-aiwm',
    desired_count: 2,
    deployment_minimum_healthy_percent: 100,
    deployment_maximum_percent: 150,
    deployment_circuit_breaker: { enable: true, rollback: true },
    availability_zone_rebalancing: 'DISABLED',
    network_configuration: {
      subnets: ['subnet-0a1b2c3d4e5f60721', 'subnet-0a1b2c3d4e5f60722'],
    },
    lifecycle: { ignore_changes: ['desired_count'] },
  });
  const { lifecycle } = only('aws_ecs_service', small) as {
    lifecycle: { postcondition: { condition: string }[] };
  };
  expect(plain(lifecycle.postcondition[0]!.condition)).toBe(
    '(self.task_definition == aws_ecs_task_definition.Aiwm_Scaled_TaskDefinition.arn)',
  );
});

test('a batch has room in the smallest number', () => {
  const percent = (min: number, batchSize: number) =>
    only('aws_ecs_service', made({ min, max: 8 }, { rollout: { batchSize } }))
      .deployment_maximum_percent as number;
  for (const min of [1, 2, 3, 6, 7, 8]) {
    // ECS rounds down.
    expect(Math.floor((min * percent(min, 1)) / 100)).toBe(min + 1);
  }
  expect(percent(3, 64)).toBe(200);
  expect(only('aws_ecs_service', large).deployment_maximum_percent).toBe(167);
});

test('one name with an address for each task', () => {
  expect(only('aws_service_discovery_service', small)).toMatchObject({
    name: 'aiwm',
    dns_config: { routing_policy: 'MULTIVALUE', dns_records: [{ type: 'A', ttl: 5 }] },
    force_destroy: true,
  });
});

test('an instance has no number', () => {
  const [container] = Object.entries(small.json.locals as Record<string, unknown>)
    .filter(([name]) => name.startsWith('Aiwm_Scaled_Container'))
    .map(([, each]) => each as { environment: { name: string }[] });
  const names = container!.environment.map(({ name }) => name);
  expect(names).toContain('PORT');
  expect(names).not.toContain('INSTANCE_ID');
});

test('its number is between the smallest and the largest', () => {
  const target = only('aws_appautoscaling_target', small);
  expect(target).toMatchObject({
    min_capacity: 2,
    max_capacity: 8,
    service_namespace: 'ecs',
    scalable_dimension: 'ecs:service:DesiredCount',
  });
  expect(plain(target.resource_id)).toBe(
    'service/aws_ecs_cluster.Platform_Cluster.name/aws_ecs_service.Aiwm_Scaled_Service.name',
  );
});

test('it grows with the processors, and does not shrink', () => {
  expect(policies()).toEqual({
    Processor: {
      target_value: 60,
      disable_scale_in: true,
      scale_in_cooldown: 300,
      scale_out_cooldown: 300,
      predefined_metric_specification: {
        predefined_metric_type: 'ECSServiceAverageCPUUtilization',
      },
    },
  });
  expect(Object.keys(byConstruct(small, 'aws_cloudwatch_log_metric_filter'))).not.toContain(
    'Aiwm_Scaled_ConnectionsFilter',
  );
});

test('it grows with memory and with the connections of the fullest task, and shrinks if told to', () => {
  expect(policies(large)).toMatchObject({
    Processor: { target_value: 50, disable_scale_in: false },
    Memory: {
      target_value: 70,
      disable_scale_in: false,
      predefined_metric_specification: {
        predefined_metric_type: 'ECSServiceAverageMemoryUtilization',
      },
    },
    Connections: {
      target_value: 4000,
      disable_scale_in: false,
      customized_metric_specification: {
        namespace: 'AIWM/chat-platform-aiwm',
        metric_name: 'InstanceConnections',
        statistic: 'Maximum',
      },
    },
  });
  const filter = byConstruct(
    large,
    'aws_cloudwatch_log_metric_filter',
  ).Aiwm_Scaled_ConnectionsFilter!;
  expect(filter).toMatchObject({
    pattern: '{ $.aiwm_connections >= 0 }',
    metric_transformation: {
      namespace: 'AIWM/chat-platform-aiwm',
      name: 'InstanceConnections',
      value: '$.aiwm_connections',
    },
  });
  expect(plain(filter.log_group_name)).toBe('aws_cloudwatch_log_group.Aiwm_Logs.name');
});

test('alarms: too few instances, an overload that more do not end, and memory', () => {
  const alarms = Object.fromEntries(
    Object.entries(byConstruct(small, 'aws_cloudwatch_metric_alarm')).filter(([name]) =>
      name.startsWith('Aiwm_'),
    ),
  );
  expect(Object.keys(alarms).sort()).toEqual(
    ['Memory', 'Missing', 'Overloaded'].map((id) => `Aiwm_Alarms_${id}`),
  );
  expect(alarms.Aiwm_Alarms_Missing).toMatchObject({
    metric_name: 'CPUUtilization',
    statistic: 'SampleCount',
    comparison_operator: 'LessThanThreshold',
    threshold: 2,
    treat_missing_data: 'breaching',
  });
  expect(alarms.Aiwm_Alarms_Overloaded).toMatchObject({ statistic: 'Average', threshold: 80 });
  expect(alarms.Aiwm_Alarms_Memory).toMatchObject({ statistic: 'Maximum', threshold: 90 });
});
