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
    const folder = new StackFolder(withVariableTasks(json as StackJson), plugin);
    await folder.init();
    run = await mockRun(folder, [], { tasks: 2 }, { plans: [{}, { variables: { tasks: 5 } }] });
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

  test('nothing is left to do, also with another number than it began with', () => {
    expect(run.plans).toEqual([{}, {}]);
  });
});

/** The number of tasks by a variable: to Terraform, a number that has changed is one that somebody else has changed. */
function withVariableTasks(stack: StackJson): StackJson {
  const text = JSON.stringify({ ...stack, variable: { tasks: { type: 'number' } } });
  expect(text).toContain('"desired_count":2');
  return JSON.parse(
    text.replace('"desired_count":2', '"desired_count":"${var.tasks}"'),
  ) as StackJson;
}
