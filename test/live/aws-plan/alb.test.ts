// An application load balancer with Terraform's own plugin and a made-up AWS: who it lets in, and what it does with them.
import { AwsEntry } from 'cdktf-aiwm/aws';
import { CERTIFICATE, synthesizeAws } from '../../support/aws/aws-site';
import { describeWithAws } from '../../support/aws/describe-aws';
import { Names } from '../../support/aws/examples';
import { mockRun, unknownNames, type Assertion, type MockRun } from '../../support/aws/mock-run';
import { rulesOf, sentencesOf } from '../../support/aws/security-groups';
import { StackFolder } from '../../support/aws/stack-folder';
import type { StackJson } from '../../support/aws/stack-json';

const WEB_ACL =
  'arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/office/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f';

function assertionsFor(names: Names): Assertion[] {
  const balancer = names.one('aws_lb');
  const clients = names.one('aws_lb_target_group');
  const https = names.one('aws_lb_listener.Frontend_HttpsListener');
  const http = names.one('aws_lb_listener.Frontend_HttpListener');
  const web = names.one('aws_wafv2_web_acl_association');
  return [
    {
      that: 'it is an application load balancer that waits an hour, and drops headers that nginx would',
      condition: `${balancer}.load_balancer_type == "application" && ${balancer}.idle_timeout == 3600 && ${balancer}.drop_invalid_header_fields == true`,
    },
    {
      that: 'it adds the address of the client to the header that nginx reads',
      condition: `${balancer}.xff_header_processing_mode == "append"`,
    },
    {
      that: 'port 443 speaks TLS 1.2 or newer, and leads to nginx',
      condition: `${https}.port == 443 && ${https}.protocol == "HTTPS" && ${https}.ssl_policy == "ELBSecurityPolicy-TLS13-1-2-2021-06" && ${https}.certificate_arn == "${CERTIFICATE}" && ${https}.default_action[0].target_group_arn == ${clients}.arn`,
    },
    {
      that: 'port 80 tells to come over TLS, and leads nowhere else',
      condition: `${http}.port == 80 && ${http}.default_action[0].type == "redirect" && ${http}.default_action[0].redirect[0].protocol == "HTTPS" && ${http}.default_action[0].redirect[0].status_code == "HTTP_301"`,
    },
    {
      that: 'nginx itself is asked whether it serves, and keeps the clients that it has when it goes',
      condition: `${clients}.protocol == "HTTP" && ${clients}.port == 8444 && ${clients}.health_check[0].port == "8082" && ${clients}.health_check[0].path == "/nginx-health" && ${clients}.deregistration_delay == "900"`,
    },
    {
      that: 'no cookie of the load balancer interferes with the affinity of nginx',
      condition: `${clients}.stickiness[0].enabled == false`,
    },
    {
      that: 'the hosts of nginx are behind it',
      condition: `one(${names.one('aws_autoscaling_group')}.target_group_arns) == ${clients}.arn`,
    },
    {
      that: 'AWS WAF sees every request',
      condition: `${web}.resource_arn == ${balancer}.arn && ${web}.web_acl_arn == "${WEB_ACL}"`,
    },
    {
      that: 'its own alarms look at its own metrics',
      condition: `${names.one('aws_cloudwatch_metric_alarm.Frontend_Alarms_NoHealthyHost')}.namespace == "AWS/ApplicationELB"`,
    },
  ];
}

describeWithAws('an application load balancer', (plugin) => {
  let folder: StackFolder;
  let assertions: Assertion[];
  let run: MockRun;

  beforeAll(async () => {
    const stack = synthesizeAws((site) => {
      site.platform({ entry: AwsEntry.alb({ webAclArn: WEB_ACL }) });
      site.front();
    });
    folder = new StackFolder(stack.json as StackJson, plugin);
    await folder.init();
    assertions = assertionsFor(new Names(folder.json));
    run = await mockRun(folder, assertions);
  });

  test('terraform validate takes it', async () => {
    const said: unknown = JSON.parse(await folder.succeed('validate', '-json'));
    expect(said).toMatchObject({ valid: true, diagnostics: [] });
  });

  test('terraform test: it means what it should', () => {
    expect(unknownNames(folder, assertions)).toEqual([]);
    expect(run.errors).toEqual([]);
  });

  test('who may talk to whom', () => {
    const sentences = sentencesOf(rulesOf(run.resources));
    expect(sentences.filter((each) => each.startsWith('Frontend_EntrySecurityGroup'))).toEqual([
      'Frontend_EntrySecurityGroup -> Platform_NginxSecurityGroup: tcp 8082',
      'Frontend_EntrySecurityGroup -> Platform_NginxSecurityGroup: tcp 8444',
      'Frontend_EntrySecurityGroup <- 0.0.0.0/0: tcp 443',
      'Frontend_EntrySecurityGroup <- 0.0.0.0/0: tcp 80',
    ]);
    expect(sentences.filter((each) => each.startsWith('Platform_NginxSecurityGroup <-'))).toEqual([
      'Platform_NginxSecurityGroup <- Frontend_EntrySecurityGroup: tcp 8082',
      'Platform_NginxSecurityGroup <- Frontend_EntrySecurityGroup: tcp 8444',
    ]);
  });

  test('only addresses of its own subnets may name the client', () => {
    const object = run.resources.find(
      ({ type, name }) => type === 'aws_s3_object' && name.startsWith('Frontend_'),
    );
    const text = object!.values.content as string;
    expect([...text.matchAll(/set_real_ip_from "?([^;"]*)/g)].map(([, range]) => range)).toEqual([
      '10.0.1.0/24',
      '10.0.1.0/24',
    ]);
    expect(text).toContain('real_ip_header X-Forwarded-For;');
    expect(text).toContain('keepalive_timeout 3615s;');
  });
});
