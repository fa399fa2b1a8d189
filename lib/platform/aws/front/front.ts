import { TerraformLocal } from 'cdktf';
import { Construct } from 'constructs';
import type { Check } from '../../../validation/check';
import type { NginxSpec } from '../../contract';
import { deliver } from '../hosts/delivery';
import type { HostContext } from '../hosts/host-context';
import {
  hostProfile,
  readsReleases,
  readsSecrets,
  reportsMetrics,
  writesLogs,
} from '../hosts/host-role';
import { logGroup, logGroupName } from '../hosts/log-group';
import { nginxReleaseScript } from '../hosts/programs/nginx-release';
import { nginxHostUserData } from '../hosts/programs/user-data';
import { hostUserData } from '../hosts/user-data';
import { METRIC_DIMENSION, METRIC_NAMESPACE } from '../monitoring/metrics';
import { checkPeers } from '../network/egress';
import { balancedFront } from './balanced-front';
import { resolveCertificate } from './certificate';
import { checkAccessLogs } from './access-logs';
import type { Front, FrontContext } from './front-context';
import { singleFront } from './single-front';

/** Time from the start of a host to its first release, in which packages are installed. */
const BOOT_SECONDS = 900;
/** Time in which one host applies a release. */
const RELEASE_SECONDS = 120;

/**
 * Runs nginx on hosts: a group behind a load balancer, or a single one.
 *
 * @throws ValidationError for an unusable certificate, unreachable upstream servers, and user data that is too long
 * @internal
 */
export function runNginx(
  scope: Construct,
  check: Check,
  spec: NginxSpec,
  context: HostContext,
): Front {
  const { aws, settings, bucket, versioning } = context;
  const { balancer } = settings.entry;
  const { name } = spec;
  checkPeers(check, spec.foreignPeers, settings.nginxEgress);
  const certificate = resolveCertificate(check, spec.certificate, settings);
  checkAccessLogs(check, balancer, certificate);
  const { secretArn } = certificate;
  const path = `nginx/${name}`;
  const errorLog = `${name}/error`;
  const target = { tag: 'aiwm-front', value: aws.resourceName(200, name) };
  const metric = {
    namespace: METRIC_NAMESPACE,
    name: METRIC_DIMENSION,
    value: target.value,
  };
  const userData = hostUserData(check, settings.firstBoot, (firstBoot) =>
    nginxHostUserData({
      nginxVersion: settings.nginxVersion,
      metric,
      logGroups: { access: logGroupName(aws, name), error: logGroupName(aws, errorLog) },
      firstBoot,
    }),
  );
  const accessLogs = logGroup(scope, 'Logs', context, name, name);
  // Apart, because the filters that count failures would take a line of it for an answer.
  const errorLogs = logGroup(scope, 'ErrorLogs', context, name, errorLog);
  const profile = hostProfile(scope, aws, name, [
    readsReleases(bucket.arn, `${path}/`),
    writesLogs([accessLogs.arn, errorLogs.arn]),
    ...readsSecrets(secretArn === undefined ? [] : [secretArn], settings),
    reportsMetrics(),
  ]);
  const front: FrontContext = {
    ...context,
    spec,
    certificate,
    host: {
      name: aws.resourceName(128, name),
      instanceType: settings.nginxInstanceType,
      userData,
      tags: { [target.tag]: target.value },
      profile,
    },
  };
  const { hosts, entrance, createAlarms, ...entry } =
    balancer === undefined ? singleFront(scope, front) : balancedFront(scope, front, balancer);
  const configuration = new TerraformLocal(scope, 'Configuration', spec.configuration);
  const association = deliver(new Construct(scope, 'Delivery'), aws, name, {
    bucket,
    encryptionKeyArn: settings.encryptionKeyArn,
    versioning,
    path,
    ending: '.conf',
    contentType: 'text/plain',
    content: configuration.asString,
    script: nginxReleaseScript(),
    parameters: [
      {
        variable: 'AIWM_TLS_SECRET',
        name: 'TlsSecret',
        description: 'The secret with certificate and key, where nginx speaks TLS.',
        allowedPattern: '^(arn:[A-Za-z0-9:/_+=.@-]+)?$',
        value: secretArn,
      },
      {
        variable: 'AIWM_STATUS_PORT',
        name: 'StatusPort',
        description: 'Where nginx says which release it serves.',
        allowedPattern: '^[0-9]{1,5}$',
        value: String(settings.statusPort),
      },
    ],
    target,
    timeoutSeconds: BOOT_SECONDS + (balancer?.maxHosts ?? 1) * RELEASE_SECONDS,
    hostIds: hosts.map(({ id }) => id),
    dependsOn: [...hosts, ...spec.dependsOn],
  });
  createAlarms({
    name,
    metric,
    instanceType: settings.nginxInstanceType,
    logGroupName: accessLogs.name,
    speaksTls: secretArn !== undefined,
    topicArns: settings.alarmTopicArns,
    region: bucket.region,
    association,
  });
  return { ...entry, dependables: [association, ...entrance] };
}
