// A scaled cluster brought to an emulated AWS: what Application Auto Scaling is told, and that an apply leaves the number
// of tasks to it.
import { RedisAdapterBackplane } from 'cdktf-aiwm';
import { synthesizeAws, type AwsSite } from '../../support/aws/aws-site';
import { describeWithAws } from '../../support/aws/describe-aws';
import { Deployed } from '../../support/aws/deployed';
import { Given } from '../../support/aws/given';
import { MotoServer, motoProblem } from '../../support/aws/moto-server';
import type { StackJson } from '../../support/aws/stack-json';
import { cleanUp } from '../../support/machine/clean-up';

afterAll(cleanUp);

const NOT_EMULATED = {
  aws_s3_bucket_policy: 'moto is spoken to in plain HTTP, which this policy denies',
  aws_s3_bucket_lifecycle_configuration: 'moto forgets how many old versions stay',
};

/** What the emulator does not remember, by type. */
const FORGOTTEN: Readonly<Record<string, readonly string[]>> = {
  aws_ecs_service: ['availability_zone_rebalancing'],
  aws_appautoscaling_target: ['tags', 'tags_all'],
};

const RESOURCE = 'service/chat-platform/chat-platform-aiwm';

const cluster = (max: number) => (site: AwsSite) => {
  site.platform({ instanceEgress: [{ port: 6379, range: '10.0.0.0/8' }] });
  site.cluster({
    backplane: RedisAdapterBackplane.fromUrl(site.scope, 'Backplane', { url: 'rediss://10.0.0.5' }),
    // The emulator has one running task, and so a service with one is stable.
    scaling: { min: 1, max, memory: 70, connections: 4000 },
  });
};

describeWithAws('a cluster that scales, deployed', (plugin) => {
  const problem = motoProblem();
  if (problem) {
    test.skip(`needs an emulator: ${problem}`, () => {});
    return;
  }
  let server: MotoServer;
  let deployed: Deployed;
  const stackOf = (max: number) => synthesizeAws(cluster(max)).json as StackJson;
  let given: Given;

  beforeAll(async () => {
    server = await MotoServer.start();
    given = new Given(server);
    deployed = new Deployed(given.fill(stackOf(5)), plugin, server, NOT_EMULATED);
    await deployed.apply();
  });

  const planned = async () => {
    const changes = await deployed.changes();
    return changes
      .filter(({ address }) => /^aws_(ecs|appautoscaling|service_discovery)_/.test(address))
      .map(({ address, actions, attributes }) => {
        const [type = ''] = address.split('.');
        const real = attributes.filter((each) => !FORGOTTEN[type]?.includes(each));
        return { text: `${type} ${actions.join()} ${real.join()}`, isReal: real.length > 0 };
      })
      .filter(({ isReal }) => isReal)
      .map(({ text }) => text);
  };

  test('the target and its policies are there', () => {
    const [{ ScalableTargets: targets }, { ScalingPolicies: policies }] = server.ask([
      ['application-autoscaling', 'describe_scalable_targets', { ServiceNamespace: 'ecs' }],
      ['application-autoscaling', 'describe_scaling_policies', { ServiceNamespace: 'ecs' }],
    ]) as [{ ScalableTargets: object[] }, { ScalingPolicies: Policy[] }];
    expect(targets).toMatchObject([
      {
        ResourceId: RESOURCE,
        ScalableDimension: 'ecs:service:DesiredCount',
        MinCapacity: 1,
        MaxCapacity: 5,
      },
    ]);
    const byName = Object.fromEntries(
      policies.map(({ PolicyName, ResourceId, ...more }) => {
        expect(ResourceId).toBe(RESOURCE);
        return [PolicyName, more.TargetTrackingScalingPolicyConfiguration];
      }),
    );
    const common = { DisableScaleIn: true, ScaleInCooldown: 300, ScaleOutCooldown: 300 };
    expect(byName).toMatchObject({
      'chat-platform-aiwm-processor': { ...common, TargetValue: 60 },
      'chat-platform-aiwm-memory': { ...common, TargetValue: 70 },
      'chat-platform-aiwm-connections': {
        ...common,
        TargetValue: 4000,
        CustomizedMetricSpecification: {
          Namespace: 'AIWM/chat-platform-aiwm',
          MetricName: 'InstanceConnections',
          Statistic: 'Maximum',
        },
      },
    });
  });

  test('a second plan changes nothing, also after the number of tasks has changed', async () => {
    expect(await planned()).toEqual([]);
    server.ask([
      [
        'ecs',
        'update_service',
        { cluster: 'chat-platform', service: 'chat-platform-aiwm', desiredCount: 4 },
      ],
    ]);
    expect(await planned()).toEqual([]);
  });

  test('another maximum changes the target alone', async () => {
    deployed.put(given.fill(stackOf(6)));
    expect(await planned()).toEqual(['aws_appautoscaling_target update max_capacity']);
  });
});

interface Policy {
  readonly PolicyName: string;
  readonly ResourceId: string;
  readonly TargetTrackingScalingPolicyConfiguration: object;
}
