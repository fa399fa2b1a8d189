// "${…}" that is meant as such: what a shell or a template of the service reads, and Terraform does not.
import { execFileSync } from 'node:child_process';
import { Fn } from 'cdktf';
import type { SynthesizedStack } from 'cdktf-aiwm/testing';
import { byConstruct } from '../../support/stack/addresses';
import { synthesizeAws } from '../../support/aws/aws-site';
import { built, containersOf } from '../../support/docker/docker-site';
import { servicesOf, synthesizeSwarm } from '../../support/docker/swarm-site';
import { evaluate } from '../../support/stack/evaluate';

const TEXT = "${TOKEN:-none} isn't $NAME: ${a}";
const environment = { RAW: Fn.rawString(TEXT) };

describe('Fn.rawString in the environment of instances', () => {
  test('on Docker', () => {
    const stack = built((site) => site.cluster({ environment, instances: 1 }));
    const container = containersOf(stack).Aiwm_Instance1!;
    const variable = container.env!.find((line) => line.startsWith('RAW='))!;
    const address = container.networks_advanced![0]!.ipv4_address;
    const { name, ...values } = evaluate(stack, { variable, name: container.name, address });
    expect(values.variable).toBe(`RAW=${TEXT}`);
    expect(name).toMatch(/^stack-platform-aiwm-1-[0-9a-f]{8}$/);
    expect(values.address).toMatch(/^[\d.]+$/);
  });

  test('on a swarm', () => {
    const stack = synthesizeSwarm((site) => site.cluster({ environment, instances: 1 }));
    const { env } = servicesOf(stack).Aiwm_Instance1!.task_spec.container_spec;
    expect(evaluate(stack, { raw: env!.RAW! })).toEqual({ raw: TEXT });
  });

  test('on AWS', () => {
    const stack = synthesizeAws((site) => site.cluster({ environment, instances: 1 }));
    const [, container] = Object.entries(stack.json.locals!).find(([name]) =>
      name.includes('Container'),
    )!;
    const { environment: variables } = container as { environment: object[] };
    const locals = { container: { environment: variables } };
    const { content } = evaluate({ json: { locals } } as unknown as SynthesizedStack, {
      content: '${jsonencode(local.container.environment)}',
    });
    expect(JSON.parse(content!)).toContainEqual({ name: 'RAW', value: TEXT });
  });
});

describe('the lines of firstBoot reach a shell as they are written', () => {
  const firstBoot = [
    'TOKEN=${TOKEN:-none}',
    "curl_format='%{http_code}'",
    'name=a.b; ext=${name%.*}',
  ];
  const stack = synthesizeAws((site) => site.platform({ firstBoot }) && site.front());
  const [template] = Object.values(byConstruct(stack, 'aws_launch_template'));

  test('on a host of nginx', () => {
    const userData = template!.user_data as string;
    const { script } = evaluate({ json: {} } as SynthesizedStack, {
      script: `\${base64decode("${userData}")}`,
    });
    const lines = script!.split('\n');
    expect(lines.slice(lines.indexOf(firstBoot[0]!)).slice(0, 3)).toEqual(firstBoot);
    const run = [...firstBoot, 'echo "$TOKEN $curl_format $ext"'].join('\n');
    expect(execFileSync('bash', ['-euc', run], { encoding: 'utf8' })).toBe('none %{http_code} a\n');
  });
});
