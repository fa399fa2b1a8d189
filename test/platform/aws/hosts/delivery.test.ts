// What AwsPlatform says to AWS, by its meaning: how a release gets to hosts.
import { byConstruct } from '../../../support/stack/addresses';
import { plain, tagsOfHosts, whole } from '../../../support/aws/whole-stack';

describe('deliveries', () => {
  const associations = byConstruct(whole, 'aws_ssm_association');
  const deliveries = ['Frontend_Delivery'] as const;
  const lasting = (delivery: string) => associations[`${delivery}_Association`]!;
  const rollout = (delivery: string) => associations[`${delivery}_Rollout`]!;

  test.each(Object.entries(associations))(
    '%s: host by host, and no further than a failure',
    (_, one) => {
      expect(one).toMatchObject({
        max_concurrency: '1',
        max_errors: '0',
        compliance_severity: 'HIGH',
      });
    },
  );

  test('instances first, then nginx', () => {
    const needed = (rollout('Frontend_Delivery').depends_on as string[]).map(plain);
    expect(needed).toEqual(
      expect.arrayContaining([1, 2, 3].map((n) => `aws_ecs_service.Aiwm_Instance${n}_Service`)),
    );
  });

  describe.each(deliveries)('%s', (delivery) => {
    const release = byConstruct(whole, 'aws_s3_object')[`${delivery}_Release`]!;
    const document = byConstruct(whole, 'aws_ssm_document')[`${delivery}_Document`]!;
    const parametersOf = ({ parameters }: typeof release) => parameters as Record<string, string>;

    test('the apply waits for the roll-out, of which each release has its own', () => {
      const one = rollout(delivery);
      expect(one.wait_for_success_timeout_seconds).toBeGreaterThan(1200);
      expect(one).not.toHaveProperty('schedule_expression');
      expect(
        (one.lifecycle as { replace_triggered_by: string[] }).replace_triggered_by.map(plain),
      ).toEqual([
        `terraform_data.${delivery}_Registration.id`,
        `terraform_data.${delivery}_Told.id`,
      ]);
      const { Retry, ...values } = parametersOf(one);
      expect(Retry).toBe('yes');
      expect(byConstruct(whole, 'terraform_data')[`${delivery}_Told`]!.triggers_replace).toEqual({
        ...values,
        Document: one.document_version,
      });
    });

    test('what repairs lasts, and gets a release only when the roll-out has come to its end', () => {
      const one = lasting(delivery);
      expect(one.schedule_expression).toBe('rate(30 minutes)');
      expect((one.depends_on as string[]).map(plain)).toEqual([
        `aws_ssm_association.${delivery}_Rollout`,
      ]);
      expect(parametersOf(one)).toEqual({ ...parametersOf(rollout(delivery)), Retry: 'no' });
      // In 5.100 and later, what replaces an association is the name of its document.
      expect(one).not.toHaveProperty('lifecycle');
      expect(document.name).toMatch(/^aiwm-chat-platform-(aiwm|frontend)$/);
      expect(document).not.toHaveProperty('lifecycle');
    });

    test('keeps the release and the script of before until then: by their versions', () => {
      expect(release.key).toMatch(/^(instances|nginx)\/\w+\/release\.(json|conf)$/);
      expect((release.depends_on as string[]).map(plain)).toEqual([
        'aws_s3_bucket_versioning.Platform_ReleasesRules_Versioning',
      ]);
      for (const one of [lasting(delivery), rollout(delivery)]) {
        expect(plain(parametersOf(one).Version)).toBe(
          `aws_s3_object.${delivery}_Release.version_id`,
        );
        expect(plain(one.document_version)).toBe(
          `aws_ssm_document.${delivery}_Document.latest_version`,
        );
      }
    });
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
      expect((rollout(id).depends_on as string[]).map(plain)).toContain(
        `terraform_data.${id}_Registration`,
      );
    }
  });

  test('hosts are found by a tag that they have', () => {
    expect(lasting('Frontend_Delivery').targets).toEqual([
      { key: 'tag:aiwm-front', values: ['chat-platform-frontend'] },
    ]);
    expect(plain(tagsOfHosts(whole))).toContain('"aiwm-front" = "chat-platform-frontend"');
  });
});
