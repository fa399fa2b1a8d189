// What the other AWS tests stand on: the plugin that this machine has, a made-up AWS, and an emulated one. Each of them
// can fail, and tells why.
import { ElasticacheReplicationGroup } from '@cdktf/provider-aws/lib/elasticache-replication-group';
import { Instance } from '@cdktf/provider-aws/lib/instance';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { SsmAssociation } from '@cdktf/provider-aws/lib/ssm-association';
import { SsmDocument } from '@cdktf/provider-aws/lib/ssm-document';
import { Vpc } from '@cdktf/provider-aws/lib/vpc';
import { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule';
import type { TerraformStack } from 'cdktf';
import { synthesize } from 'cdktf-aiwm/testing';
import { cleanUp } from '../../support/machine/clean-up';
import { Deployed } from '../../support/aws/deployed';
import { describeWithAws } from '../../support/aws/describe-aws';
import { mockRun, unknownNames } from '../../support/aws/mock-run';
import { MotoServer, motoProblem } from '../../support/aws/moto-server';
import { rulesOf, sentencesOf } from '../../support/aws/security-groups';
import { StackFolder } from '../../support/aws/stack-folder';
import type { StackJson } from '../../support/aws/stack-json';

afterAll(cleanUp);

/** A little of everything that the emulator knows and does not know. */
function smallStack(stack: TerraformStack): void {
  new AwsProvider(stack, 'Aws', { region: 'eu-central-1' });
  const vpc = new Vpc(stack, 'Vpc', { cidrBlock: '10.0.0.0/16' });
  const [app, redis] = ['App', 'Redis'].map(
    (id) => new SecurityGroup(stack, id, { name: id, vpcId: vpc.id, region: 'eu-central-1' }),
  ) as [SecurityGroup, SecurityGroup];
  new VpcSecurityGroupIngressRule(stack, 'Rule', {
    securityGroupId: redis.id,
    referencedSecurityGroupId: app.id,
    ipProtocol: 'tcp',
    fromPort: 6379,
    toPort: 6379,
  });
  new Instance(stack, 'Host', {
    ami: 'ami-0123456789abcdef0',
    instanceType: 't4g.small',
    primaryNetworkInterface: { networkInterfaceId: 'eni-1' },
    lifecycle: { ignoreChanges: ['ami'] },
  });
  new ElasticacheReplicationGroup(stack, 'Group', {
    replicationGroupId: 'redis',
    description: 'redis',
    engine: 'valkey',
    nodeType: 'cache.t4g.small',
    securityGroupIds: [redis.id],
  });
  const document = new SsmDocument(stack, 'Document', {
    name: 'apply',
    documentType: 'Command',
    content: '{}',
  });
  new SsmAssociation(stack, 'Association', { name: document.name });
  new S3Bucket(stack, 'Bucket', { bucket: 'configuration', dependsOn: [document] });
}

const small = synthesize(smallStack).json as StackJson;

describeWithAws('the bed of the AWS tests', (plugin) => {
  test('a made-up AWS: values are checked, ids say whose they are, and assertions are told when they fail', async () => {
    const folder = new StackFolder(small, plugin);
    await folder.init();
    expect(JSON.parse(await folder.succeed('validate', '-json'))).toMatchObject({ valid: true });
    const group = folder.json.resource?.aws_elasticache_replication_group;
    const [name = ''] = Object.keys(group ?? {});
    const assertions = [
      {
        that: 'it is Valkey',
        condition: `aws_elasticache_replication_group.${name}.engine == "valkey"`,
      },
      {
        that: 'it is Redis',
        condition: `aws_elasticache_replication_group.${name}.engine == "redis"`,
      },
    ];
    expect(unknownNames(folder, assertions)).toEqual([]);
    const { errors, resources } = await mockRun(folder, assertions);
    expect(errors).toEqual([expect.stringContaining('It is not so that it is Redis.')]);
    expect(errors[0]).toContain('"valkey"');
    expect(sentencesOf(rulesOf(resources))).toEqual(['Redis <- App: tcp 6379']);
  });

  const problem = motoProblem();
  (problem ? test.skip : test)(
    `an emulated AWS${problem ? `: ${problem}` : ': what it does not know is left out with what needs it, and the rest is there'}`,
    async () => {
      const server = await MotoServer.start();
      const deployed = new Deployed(small, plugin, server, {
        aws_instance: 'it has no network interface',
        aws_ssm_document: 'only for this test',
        aws_elasticache_replication_group: 'not in moto',
      });
      expect(Object.values(deployed.leftOut).sort()).toEqual([
        'it has no network interface',
        'not in moto',
        'only for this test',
        expect.stringMatching(/^refers to aws_ssm_document\./),
      ]);
      await deployed.apply();
      expect(await deployed.changes()).toEqual([]);
      const [groups, buckets] = server.ask([
        ['ec2', 'describe_security_groups', { GroupNames: ['Redis'] }],
        ['s3', 'list_buckets', {}],
      ]);
      expect(groups).toMatchObject({
        SecurityGroups: [{ IpPermissions: [{ FromPort: 6379, UserIdGroupPairs: [{}] }] }],
      });
      expect(buckets).toMatchObject({ Buckets: [{ Name: 'configuration' }] });
      await server.stop();
    },
  );
});
