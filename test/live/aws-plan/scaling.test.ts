// A scaled cluster, by the plugin: what it takes of the policies, and that a further plan leaves the number of tasks alone.
import { synthesizeAws } from '../../support/aws/aws-site';
import { describeWithAws } from '../../support/aws/describe-aws';
import { mockRun, type MockRun } from '../../support/aws/mock-run';
import { StackFolder } from '../../support/aws/stack-folder';
import type { StackJson } from '../../support/aws/stack-json';

describeWithAws('a cluster that scales', (plugin) => {
  let run: MockRun;

  beforeAll(async () => {
    const { json } = synthesizeAws((site) => {
      site.platform({ namespace: { id: 'ns-0123456789abcdef', name: 'chat.internal' } });
      const scaling = { min: 2, max: 8, memory: 70, connections: 4000 };
      site.front({ cluster: site.cluster({ backplane: site.backplane(), scaling }) });
    });
    const folder = new StackFolder(json as StackJson, plugin);
    await folder.init();
    run = await mockRun(folder, [], {}, { plans: [{}] });
  });

  test('is accepted and applied', () => {
    expect(run.errors).toEqual([]);
    const policies = run.resources.filter(({ type }) => type === 'aws_appautoscaling_policy');
    expect(policies.map(({ values }) => values.policy_type)).toEqual(
      Array.from({ length: 3 }, () => 'TargetTrackingScaling'),
    );
    const [target] = run.resources.filter(({ type }) => type === 'aws_appautoscaling_target');
    expect(target?.values).toMatchObject({
      resource_id: 'service/chat-platform/chat-platform-aiwm',
      min_capacity: 2,
      max_capacity: 8,
    });
  });

  test('nothing is left to do', () => {
    expect(run.plans).toEqual([{}]);
  });
});
