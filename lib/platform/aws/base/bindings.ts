import type { AcmCertificate } from '@cdktf/provider-aws/lib/acm-certificate';
import type { AcmCertificateValidation } from '@cdktf/provider-aws/lib/acm-certificate-validation';
import type { AppautoscalingPolicy } from '@cdktf/provider-aws/lib/appautoscaling-policy';
import type { AppautoscalingTarget } from '@cdktf/provider-aws/lib/appautoscaling-target';
import type { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group';
import type { AutoscalingLifecycleHook } from '@cdktf/provider-aws/lib/autoscaling-lifecycle-hook';
import type { AutoscalingPolicy } from '@cdktf/provider-aws/lib/autoscaling-policy';
import type { CloudformationStack } from '@cdktf/provider-aws/lib/cloudformation-stack';
import type { CloudwatchDashboard } from '@cdktf/provider-aws/lib/cloudwatch-dashboard';
import type { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import type { CloudwatchLogMetricFilter } from '@cdktf/provider-aws/lib/cloudwatch-log-metric-filter';
import type { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import type { DataAwsAvailabilityZones } from '@cdktf/provider-aws/lib/data-aws-availability-zones';
import type { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import type { DataAwsDefaultTags } from '@cdktf/provider-aws/lib/data-aws-default-tags';
import type { DataAwsRoute53Zone } from '@cdktf/provider-aws/lib/data-aws-route53-zone';
import type { DataAwsSecretsmanagerSecretVersions } from '@cdktf/provider-aws/lib/data-aws-secretsmanager-secret-versions';
import type { DataAwsSsmParameter } from '@cdktf/provider-aws/lib/data-aws-ssm-parameter';
import type { DataAwsSubnet } from '@cdktf/provider-aws/lib/data-aws-subnet';
import type { DefaultSecurityGroup } from '@cdktf/provider-aws/lib/default-security-group';
import type { EcsCluster } from '@cdktf/provider-aws/lib/ecs-cluster';
import type { EcsClusterCapacityProviders } from '@cdktf/provider-aws/lib/ecs-cluster-capacity-providers';
import type { EcsService } from '@cdktf/provider-aws/lib/ecs-service';
import type { EcsTaskDefinition } from '@cdktf/provider-aws/lib/ecs-task-definition';
import type { EgressOnlyInternetGateway } from '@cdktf/provider-aws/lib/egress-only-internet-gateway';
import type { Eip } from '@cdktf/provider-aws/lib/eip';
import type { ElasticacheParameterGroup } from '@cdktf/provider-aws/lib/elasticache-parameter-group';
import type { ElasticacheReplicationGroup } from '@cdktf/provider-aws/lib/elasticache-replication-group';
import type { ElasticacheSubnetGroup } from '@cdktf/provider-aws/lib/elasticache-subnet-group';
import type { FlowLog } from '@cdktf/provider-aws/lib/flow-log';
import type { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile';
import type { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import type { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import type { Instance } from '@cdktf/provider-aws/lib/instance';
import type { InternetGateway } from '@cdktf/provider-aws/lib/internet-gateway';
import type { LaunchTemplate } from '@cdktf/provider-aws/lib/launch-template';
import type { Lb } from '@cdktf/provider-aws/lib/lb';
import type { LbListener } from '@cdktf/provider-aws/lib/lb-listener';
import type { LbTargetGroup } from '@cdktf/provider-aws/lib/lb-target-group';
import type { NatGateway } from '@cdktf/provider-aws/lib/nat-gateway';
import type { NetworkInterface } from '@cdktf/provider-aws/lib/network-interface';
import type { Route } from '@cdktf/provider-aws/lib/route';
import type { RouteTable } from '@cdktf/provider-aws/lib/route-table';
import type { RouteTableAssociation } from '@cdktf/provider-aws/lib/route-table-association';
import type { Route53Record } from '@cdktf/provider-aws/lib/route53-record';
import type { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import type { S3BucketLifecycleConfiguration } from '@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration';
import type { S3BucketPolicy } from '@cdktf/provider-aws/lib/s3-bucket-policy';
import type { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block';
import type { S3BucketServerSideEncryptionConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration';
import type { S3BucketVersioningA } from '@cdktf/provider-aws/lib/s3-bucket-versioning';
import type { S3Object } from '@cdktf/provider-aws/lib/s3-object';
import type { SecretsmanagerSecret } from '@cdktf/provider-aws/lib/secretsmanager-secret';
import type { SecretsmanagerSecretVersion } from '@cdktf/provider-aws/lib/secretsmanager-secret-version';
import type { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import type { ServiceDiscoveryService } from '@cdktf/provider-aws/lib/service-discovery-service';
import type { SsmAssociation } from '@cdktf/provider-aws/lib/ssm-association';
import type { SsmDocument } from '@cdktf/provider-aws/lib/ssm-document';
import type { Subnet } from '@cdktf/provider-aws/lib/subnet';
import type { Vpc } from '@cdktf/provider-aws/lib/vpc';
import type { VpcEndpoint } from '@cdktf/provider-aws/lib/vpc-endpoint';
import type { VpcSecurityGroupEgressRule } from '@cdktf/provider-aws/lib/vpc-security-group-egress-rule';
import type { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule';
import type { Wafv2WebAclAssociation } from '@cdktf/provider-aws/lib/wafv2-web-acl-association';
import type { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import type { Check } from '../../../validation/check';

/**
 * Classes of the provider that the platform uses.
 *
 * @internal
 */
export interface AwsBindings {
  readonly AcmCertificate: typeof AcmCertificate;
  readonly AcmCertificateValidation: typeof AcmCertificateValidation;
  readonly AppautoscalingPolicy: typeof AppautoscalingPolicy;
  readonly AppautoscalingTarget: typeof AppautoscalingTarget;
  readonly AutoscalingGroup: typeof AutoscalingGroup;
  readonly AutoscalingLifecycleHook: typeof AutoscalingLifecycleHook;
  readonly AutoscalingPolicy: typeof AutoscalingPolicy;
  readonly CloudformationStack: typeof CloudformationStack;
  readonly CloudwatchDashboard: typeof CloudwatchDashboard;
  readonly CloudwatchLogGroup: typeof CloudwatchLogGroup;
  readonly CloudwatchLogMetricFilter: typeof CloudwatchLogMetricFilter;
  readonly CloudwatchMetricAlarm: typeof CloudwatchMetricAlarm;
  readonly DataAwsAvailabilityZones: typeof DataAwsAvailabilityZones;
  readonly DataAwsCallerIdentity: typeof DataAwsCallerIdentity;
  readonly DataAwsDefaultTags: typeof DataAwsDefaultTags;
  readonly DataAwsRoute53Zone: typeof DataAwsRoute53Zone;
  readonly DataAwsSecretsmanagerSecretVersions: typeof DataAwsSecretsmanagerSecretVersions;
  readonly DataAwsSsmParameter: typeof DataAwsSsmParameter;
  readonly DataAwsSubnet: typeof DataAwsSubnet;
  readonly DefaultSecurityGroup: typeof DefaultSecurityGroup;
  readonly EcsCluster: typeof EcsCluster;
  readonly EcsClusterCapacityProviders: typeof EcsClusterCapacityProviders;
  readonly EcsService: typeof EcsService;
  readonly EcsTaskDefinition: typeof EcsTaskDefinition;
  readonly EgressOnlyInternetGateway: typeof EgressOnlyInternetGateway;
  readonly Eip: typeof Eip;
  readonly ElasticacheParameterGroup: typeof ElasticacheParameterGroup;
  readonly ElasticacheReplicationGroup: typeof ElasticacheReplicationGroup;
  readonly ElasticacheSubnetGroup: typeof ElasticacheSubnetGroup;
  readonly FlowLog: typeof FlowLog;
  readonly IamInstanceProfile: typeof IamInstanceProfile;
  readonly IamRole: typeof IamRole;
  readonly IamRolePolicy: typeof IamRolePolicy;
  readonly Instance: typeof Instance;
  readonly InternetGateway: typeof InternetGateway;
  readonly LaunchTemplate: typeof LaunchTemplate;
  readonly Lb: typeof Lb;
  readonly LbListener: typeof LbListener;
  readonly LbTargetGroup: typeof LbTargetGroup;
  readonly NatGateway: typeof NatGateway;
  readonly NetworkInterface: typeof NetworkInterface;
  readonly Route: typeof Route;
  readonly RouteTable: typeof RouteTable;
  readonly RouteTableAssociation: typeof RouteTableAssociation;
  readonly Route53Record: typeof Route53Record;
  readonly S3Bucket: typeof S3Bucket;
  readonly S3BucketLifecycleConfiguration: typeof S3BucketLifecycleConfiguration;
  readonly S3BucketPolicy: typeof S3BucketPolicy;
  readonly S3BucketPublicAccessBlock: typeof S3BucketPublicAccessBlock;
  readonly S3BucketServerSideEncryptionConfigurationA: typeof S3BucketServerSideEncryptionConfigurationA;
  readonly S3BucketVersioningA: typeof S3BucketVersioningA;
  readonly S3Object: typeof S3Object;
  readonly SecretsmanagerSecret: typeof SecretsmanagerSecret;
  readonly SecretsmanagerSecretVersion: typeof SecretsmanagerSecretVersion;
  readonly SecurityGroup: typeof SecurityGroup;
  readonly ServiceDiscoveryService: typeof ServiceDiscoveryService;
  readonly SsmAssociation: typeof SsmAssociation;
  readonly SsmDocument: typeof SsmDocument;
  readonly Subnet: typeof Subnet;
  readonly Vpc: typeof Vpc;
  readonly VpcEndpoint: typeof VpcEndpoint;
  readonly VpcSecurityGroupEgressRule: typeof VpcSecurityGroupEgressRule;
  readonly VpcSecurityGroupIngressRule: typeof VpcSecurityGroupIngressRule;
  readonly Wafv2WebAclAssociation: typeof Wafv2WebAclAssociation;
  readonly AwsProvider: typeof AwsProvider;
}

type Module<K extends keyof AwsBindings> = Pick<AwsBindings, K>;

/**
 * Loads the provider's bindings.
 *
 * They are loaded with a platform rather than with the library. Users of other platforms do not have to install them,
 * and do not wait for them.
 *
 * @throws ValidationError when the bindings are not installed
 * @internal
 */
export function loadBindings(check: Check): AwsBindings {
  try {
    /* eslint-disable @typescript-eslint/no-require-imports -- an import would load them with the library */
    return {
      ...(require('@cdktf/provider-aws/lib/acm-certificate') as Module<'AcmCertificate'>),
      ...(require('@cdktf/provider-aws/lib/acm-certificate-validation') as Module<'AcmCertificateValidation'>),
      ...(require('@cdktf/provider-aws/lib/appautoscaling-policy') as Module<'AppautoscalingPolicy'>),
      ...(require('@cdktf/provider-aws/lib/appautoscaling-target') as Module<'AppautoscalingTarget'>),
      ...(require('@cdktf/provider-aws/lib/autoscaling-group') as Module<'AutoscalingGroup'>),
      ...(require('@cdktf/provider-aws/lib/autoscaling-lifecycle-hook') as Module<'AutoscalingLifecycleHook'>),
      ...(require('@cdktf/provider-aws/lib/autoscaling-policy') as Module<'AutoscalingPolicy'>),
      ...(require('@cdktf/provider-aws/lib/cloudformation-stack') as Module<'CloudformationStack'>),
      ...(require('@cdktf/provider-aws/lib/cloudwatch-dashboard') as Module<'CloudwatchDashboard'>),
      ...(require('@cdktf/provider-aws/lib/cloudwatch-log-group') as Module<'CloudwatchLogGroup'>),
      ...(require('@cdktf/provider-aws/lib/cloudwatch-log-metric-filter') as Module<'CloudwatchLogMetricFilter'>),
      ...(require('@cdktf/provider-aws/lib/cloudwatch-metric-alarm') as Module<'CloudwatchMetricAlarm'>),
      ...(require('@cdktf/provider-aws/lib/data-aws-availability-zones') as Module<'DataAwsAvailabilityZones'>),
      ...(require('@cdktf/provider-aws/lib/data-aws-caller-identity') as Module<'DataAwsCallerIdentity'>),
      ...(require('@cdktf/provider-aws/lib/data-aws-default-tags') as Module<'DataAwsDefaultTags'>),
      ...(require('@cdktf/provider-aws/lib/data-aws-route53-zone') as Module<'DataAwsRoute53Zone'>),
      ...(require('@cdktf/provider-aws/lib/data-aws-secretsmanager-secret-versions') as Module<'DataAwsSecretsmanagerSecretVersions'>),
      ...(require('@cdktf/provider-aws/lib/data-aws-ssm-parameter') as Module<'DataAwsSsmParameter'>),
      ...(require('@cdktf/provider-aws/lib/data-aws-subnet') as Module<'DataAwsSubnet'>),
      ...(require('@cdktf/provider-aws/lib/default-security-group') as Module<'DefaultSecurityGroup'>),
      ...(require('@cdktf/provider-aws/lib/ecs-cluster') as Module<'EcsCluster'>),
      ...(require('@cdktf/provider-aws/lib/ecs-cluster-capacity-providers') as Module<'EcsClusterCapacityProviders'>),
      ...(require('@cdktf/provider-aws/lib/ecs-service') as Module<'EcsService'>),
      ...(require('@cdktf/provider-aws/lib/ecs-task-definition') as Module<'EcsTaskDefinition'>),
      ...(require('@cdktf/provider-aws/lib/egress-only-internet-gateway') as Module<'EgressOnlyInternetGateway'>),
      ...(require('@cdktf/provider-aws/lib/eip') as Module<'Eip'>),
      ...(require('@cdktf/provider-aws/lib/elasticache-parameter-group') as Module<'ElasticacheParameterGroup'>),
      ...(require('@cdktf/provider-aws/lib/elasticache-replication-group') as Module<'ElasticacheReplicationGroup'>),
      ...(require('@cdktf/provider-aws/lib/elasticache-subnet-group') as Module<'ElasticacheSubnetGroup'>),
      ...(require('@cdktf/provider-aws/lib/flow-log') as Module<'FlowLog'>),
      ...(require('@cdktf/provider-aws/lib/iam-instance-profile') as Module<'IamInstanceProfile'>),
      ...(require('@cdktf/provider-aws/lib/iam-role') as Module<'IamRole'>),
      ...(require('@cdktf/provider-aws/lib/iam-role-policy') as Module<'IamRolePolicy'>),
      ...(require('@cdktf/provider-aws/lib/instance') as Module<'Instance'>),
      ...(require('@cdktf/provider-aws/lib/internet-gateway') as Module<'InternetGateway'>),
      ...(require('@cdktf/provider-aws/lib/launch-template') as Module<'LaunchTemplate'>),
      ...(require('@cdktf/provider-aws/lib/lb') as Module<'Lb'>),
      ...(require('@cdktf/provider-aws/lib/lb-listener') as Module<'LbListener'>),
      ...(require('@cdktf/provider-aws/lib/lb-target-group') as Module<'LbTargetGroup'>),
      ...(require('@cdktf/provider-aws/lib/nat-gateway') as Module<'NatGateway'>),
      ...(require('@cdktf/provider-aws/lib/network-interface') as Module<'NetworkInterface'>),
      ...(require('@cdktf/provider-aws/lib/route') as Module<'Route'>),
      ...(require('@cdktf/provider-aws/lib/route-table') as Module<'RouteTable'>),
      ...(require('@cdktf/provider-aws/lib/route-table-association') as Module<'RouteTableAssociation'>),
      ...(require('@cdktf/provider-aws/lib/route53-record') as Module<'Route53Record'>),
      ...(require('@cdktf/provider-aws/lib/s3-bucket') as Module<'S3Bucket'>),
      ...(require('@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration') as Module<'S3BucketLifecycleConfiguration'>),
      ...(require('@cdktf/provider-aws/lib/s3-bucket-policy') as Module<'S3BucketPolicy'>),
      ...(require('@cdktf/provider-aws/lib/s3-bucket-public-access-block') as Module<'S3BucketPublicAccessBlock'>),
      ...(require('@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration') as Module<'S3BucketServerSideEncryptionConfigurationA'>),
      ...(require('@cdktf/provider-aws/lib/s3-bucket-versioning') as Module<'S3BucketVersioningA'>),
      ...(require('@cdktf/provider-aws/lib/s3-object') as Module<'S3Object'>),
      ...(require('@cdktf/provider-aws/lib/secretsmanager-secret') as Module<'SecretsmanagerSecret'>),
      ...(require('@cdktf/provider-aws/lib/secretsmanager-secret-version') as Module<'SecretsmanagerSecretVersion'>),
      ...(require('@cdktf/provider-aws/lib/security-group') as Module<'SecurityGroup'>),
      ...(require('@cdktf/provider-aws/lib/service-discovery-service') as Module<'ServiceDiscoveryService'>),
      ...(require('@cdktf/provider-aws/lib/ssm-association') as Module<'SsmAssociation'>),
      ...(require('@cdktf/provider-aws/lib/ssm-document') as Module<'SsmDocument'>),
      ...(require('@cdktf/provider-aws/lib/subnet') as Module<'Subnet'>),
      ...(require('@cdktf/provider-aws/lib/vpc') as Module<'Vpc'>),
      ...(require('@cdktf/provider-aws/lib/vpc-endpoint') as Module<'VpcEndpoint'>),
      ...(require('@cdktf/provider-aws/lib/vpc-security-group-egress-rule') as Module<'VpcSecurityGroupEgressRule'>),
      ...(require('@cdktf/provider-aws/lib/vpc-security-group-ingress-rule') as Module<'VpcSecurityGroupIngressRule'>),
      ...(require('@cdktf/provider-aws/lib/wafv2-web-acl-association') as Module<'Wafv2WebAclAssociation'>),
      ...(require('@cdktf/provider-aws/lib/provider') as Module<'AwsProvider'>),
    };
    /* eslint-enable @typescript-eslint/no-require-imports */
  } catch (error) {
    if ((error as { code?: string }).code !== 'MODULE_NOT_FOUND') {
      throw error;
    }
    return check.refuse('platform', {
      problem: 'the package @cdktf/provider-aws is not installed',
      remedy: 'Run: npm install @cdktf/provider-aws',
    });
  }
}
