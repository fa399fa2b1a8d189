// What AwsPlatform says to AWS, by its meaning: how a release gets to hosts.
import { byConstruct } from '../../../support/stack/addresses';
import { whole, only, plain } from '../../../support/aws/whole-stack';

describe('deliveries', () => {
  const associations = byConstruct(whole, 'aws_ssm_association');

  test.each(Object.entries(associations))(
    '%s: host by host, and no further than a failure',
    (_, one) => {
      expect(one).toMatchObject({
        max_concurrency: '1',
        max_errors: '0',
        schedule_expression: 'rate(30 minutes)',
        compliance_severity: 'HIGH',
      });
      expect(one.wait_for_success_timeout_seconds).toBeGreaterThan(1200);
    },
  );

  test('instances first, then nginx', () => {
    expect((associations.Frontend_Delivery_Association!.depends_on as string[]).map(plain)).toEqual(
      expect.arrayContaining([1, 2, 3].map((n) => `aws_ecs_service.Aiwm_Instance${n}_Service`)),
    );
  });

  test('other hosts and other values have an association of their own, as Terraform waits for a new one alone', () => {
    for (const [name, { lifecycle, parameters }] of Object.entries(associations)) {
      const own = (id: string) => name.replace(/Association$/, id);
      expect(
        (lifecycle as { replace_triggered_by: string[] }).replace_triggered_by.map(plain),
      ).toEqual([`terraform_data.${own('Registration')}.id`, `terraform_data.${own('Told')}.id`]);
      expect(byConstruct(whole, 'terraform_data')[own('Told')]!.triggers_replace).toEqual(
        parameters,
      );
      expect(plain((parameters as { Key: string }).Key)).toBe(
        `aws_s3_object.${own('Release')}.key`,
      );
    }
  });

  test('nothing that depends on hosts is created before it is destroyed: the hosts would be as well', () => {
    const blocks = Object.entries(whole.json.resource!).flatMap(([type, byName]) =>
      Object.entries(byName).map(([name, values]) => ({ type, name, values: values as object })),
    );
    const ahead = blocks.filter(({ values }) =>
      JSON.stringify(values).includes('"create_before_destroy":true'),
    );
    expect(ahead.length).toBeGreaterThan(0);
    for (const { values } of ahead) {
      expect(JSON.stringify(values)).not.toMatch(
        /aws_(instance|network_interface|elasticache\w*group|ssm_association|s3_object)\.|local\./,
      );
    }
  });

  test('a script reads its values from variables, each in quotes that no value can end', () => {
    for (const { content } of Object.values(byConstruct(whole, 'aws_ssm_document'))) {
      const { parameters, mainSteps } = JSON.parse(content as string) as {
        parameters: Record<string, { allowedPattern: string }>;
        mainSteps: { inputs: { runCommand: string[] } }[];
      };
      const lines = mainSteps[0]!.inputs.runCommand;
      for (const [name, { allowedPattern }] of Object.entries(parameters)) {
        expect(lines.filter((line) => line.includes(`{{ ${name} }}`))).toEqual([
          expect.stringMatching(new RegExp(`^export AIWM_[A-Z0-9_]+='\\{\\{ ${name} \\}\\}'$`)),
        ]);
        expect(new RegExp(allowedPattern).test("a'b")).toBe(false);
      }
      expect(lines.join('\n').match(/\{\{/g)).toHaveLength(Object.keys(parameters).length);
    }
  });

  test('not before new hosts had time to make themselves known', () => {
    for (const [id, hosts] of [
      ['Frontend_Delivery', /^\$\{aws_autoscaling_group\.Frontend_Nginx_[0-9A-F]{8}\.id\}$/],
    ] as const) {
      const { triggers_replace: triggers, provisioner } = byConstruct(whole, 'terraform_data')[
        `${id}_Registration`
      ]! as { triggers_replace: { hosts: string[] }; provisioner: object[] };
      expect(triggers.hosts.join(',')).toMatch(hosts);
      expect(provisioner).toEqual([{ 'local-exec': { command: 'sleep 120' } }]);
      expect((associations[`${id}_Association`]!.depends_on as string[]).map(plain)).toContain(
        `terraform_data.${id}_Registration`,
      );
    }
  });

  test('hosts are found by a tag that they have', () => {
    expect(associations.Frontend_Delivery_Association!.targets).toEqual([
      { key: 'tag:aiwm-front', values: ['chat-platform-frontend'] },
    ]);
    expect(only('aws_autoscaling_group').tag).toContainEqual({
      key: 'aiwm-front',
      value: 'chat-platform-frontend',
      propagate_at_launch: true,
    });
  });
});
