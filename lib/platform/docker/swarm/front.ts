import type { Config } from '@cdktf/provider-docker/lib/config';
import type { Container, ContainerUpload } from '@cdktf/provider-docker/lib/container';
import type { Secret } from '@cdktf/provider-docker/lib/secret';
import { Fn, type ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import { TlsKind } from '../../../model/tls-certificate';
import { inExpression } from '../../../terraform/expressions';
import { fromStackFolder } from '../../../terraform/stack-paths';
import type { Check } from '../../../validation/check';
import type { NginxLayout, NginxSpec, RunningNginx } from '../../contract';
import { resolveCertificateUploads } from '../engine/certificate-uploads';
import { NAME_SERVER } from '../engine/name-server';
import { oneShotContainer } from '../engine/one-shot-container';
import { INSIDE_HTTP, INSIDE_HTTPS } from '../engine/ports';
import { base64 } from './base64';
import { FRESH, freshName, swarmName } from './names';
import {
  CONFIGURATION_FILE,
  RELEASE_FILE,
  RELEASE_VARIABLE,
  servesRelease,
  startScript,
  STATUS_PORT,
  testScript,
  TLS_FOLDER,
} from './nginx-script';
import { type PinnedImage, pinnedImage } from './pinned-image';
import type { SwarmSettings } from './settings';
import type { SwarmContext } from './swarm-context';
import { configurationFile, hardenedContainer, rollout, secretFile, TASK } from './task';

/** User and group of nginx in the official images, by number. Any other image runs as these numbers as well. */
const NGINX_USER = '101:101';

/** Capabilities to test a configuration as nginx starts. */
const TEST_CAPABILITIES = ['CAP_CHOWN', 'CAP_SETGID', 'CAP_SETUID'];

/** Time for nginx to exit after a drain, in milliseconds. */
const END_MS = 10_000;

/**
 * Paths and ports of nginx in its containers.
 *
 * @internal
 */
export function nginxLayout({ publish, frontDrainMs }: SwarmSettings): NginxLayout {
  return {
    pidFile: '/tmp/nginx.pid',
    errorLog: '/dev/stderr',
    accessLog: '/dev/stdout',
    tempDirectory: '/tmp',
    certificate: `${TLS_FOLDER}/certificate.pem`,
    certificateKey: `${TLS_FOLDER}/key.pem`,
    httpsListen: [String(INSIDE_HTTPS)],
    httpListen: [String(INSIDE_HTTP)],
    publicHttpsPort: publish.https,
    publicHttpPort: publish.http,
    statusListen: `127.0.0.1:${STATUS_PORT}`,
    releaseFile: RELEASE_FILE,
    resolver: NAME_SERVER,
    // A task that stops is out of the name at once, so an address that is gone is not tried for long.
    resolverValid: '1s',
    drainTimeout: `${frontDrainMs}ms`,
  };
}

/**
 * Runs nginx as a service, with its configuration and certificate as configs and secrets of the swarm. These cannot be
 * changed, so a new configuration replaces nginx.
 *
 * The configuration is tested first. Swarm would stop the old nginx before the new one fails to start, and its rollback
 * does not always succeed.
 *
 * @throws ValidationError for an invalid path of a certificate file
 * @internal
 */
export function runNginx(
  scope: Construct,
  check: Check,
  spec: NginxSpec,
  context: SwarmContext,
): RunningNginx {
  const { bindings, provider, network, settings } = context;
  const { name, fronts, frontConstraints: constraints, frontDrainMs, monitorMs } = settings;
  const uploads = resolveCertificateUploads(check, spec, TLS_FOLDER);
  const selfSigned = spec.certificate?.kind === TlsKind.SELF_SIGNED ? spec.serverNames : undefined;
  const stopMs = frontDrainMs + END_MS;
  const image = pinnedImage(scope, settings.nginxImage, context);
  const test = testConfiguration(scope, spec, context, { image, uploads, selfSigned });
  const configuration = new bindings.Config(scope, 'Configuration', {
    provider,
    name: freshName(name, spec.name),
    data: base64(spec.configuration),
    dependsOn: [test],
    lifecycle: FRESH,
  });
  const secrets = certificateSecrets(scope, spec, context, test);
  const nginx = new bindings.Service(scope, 'Nginx', {
    provider,
    name: swarmName(name, spec.name),
    ...rollout(
      {
        // A port of a node belongs to one nginx.
        order: 'stop-first',
        monitorMs,
        startTimeoutMs: 30_000,
        intervalMs: 2000,
        stopGraceMs: stopMs,
      },
      fronts,
    ),
    endpointSpec: { mode: 'dnsrr', ports: publishedPorts(spec, settings) },
    taskSpec: {
      ...TASK,
      containerSpec: {
        ...hardenedContainer(
          NGINX_USER,
          ['/tmp', ...(selfSigned === undefined ? [] : [TLS_FOLDER])],
          stopMs,
        ),
        image: image.reference,
        command: ['/bin/sh', '-c', startScript(selfSigned)],
        env: { [RELEASE_VARIABLE]: release(configuration) },
        configs: [configurationFile(configuration, CONFIGURATION_FILE)],
        secrets: secrets.map(([file, secret]) => secretFile(secret, file, NGINX_USER)),
        // Requests finish, and nginx itself closes the connections that are still open after the drain.
        stopSignal: 'SIGQUIT',
        healthcheck: {
          test: ['CMD-SHELL', servesRelease()],
          interval: '2s',
          timeout: '5s',
          retries: 3,
          startPeriod: '30s',
        },
      },
      networksAdvanced: [{ name: network.id, aliases: [spec.name] }],
      ...(constraints.length === 0 ? {} : { placement: { constraints: [...constraints] } }),
    },
    dependsOn: [test, ...spec.dependsOn],
    ...(constraints.length === 0
      ? {}
      : // The engine adds platforms to a placement when it finds the image in a registry.
        { lifecycle: { ignoreChanges: ['task_spec[0].placement[0].platforms'] } }),
  });
  return { dependables: [nginx] };
}

/** A short-lived container of nginx's image. Terraform replaces it, and so runs it again, with the files it tests. */
function testConfiguration(
  scope: Construct,
  spec: NginxSpec,
  { bindings, provider, settings }: SwarmContext,
  parts: {
    readonly image: PinnedImage;
    readonly uploads: readonly ContainerUpload[];
    readonly selfSigned: readonly string[] | undefined;
  },
): Container {
  const { image, uploads, selfSigned } = parts;
  const test = oneShotContainer(
    testScript(selfSigned),
    TEST_CAPABILITIES,
    'The swarm did not receive the new configuration; the previous one continues to serve.\n${self.container_logs}\n' +
      'If the configuration is correct and something else failed, repeat the test with -replace and its address.',
  );
  return new bindings.Container(scope, 'Test', {
    ...test,
    provider,
    name: freshName(settings.name, spec.name, 'test'),
    image: image.id,
    env: [`${RELEASE_VARIABLE}=test`],
    upload: [{ file: CONFIGURATION_FILE, content: spec.configuration }, ...uploads],
    lifecycle: { ...FRESH, ...test.lifecycle },
  });
}

function certificateSecrets(
  scope: Construct,
  { name: front, certificate }: NginxSpec,
  { bindings, provider, settings }: SwarmContext,
  test: ITerraformDependable,
): [file: string, secret: Secret][] {
  if (certificate?.kind !== TlsKind.FILES) {
    return [];
  }
  // Both paths have been checked for the test's uploads.
  const secret = (id: string, part: string, file: string | undefined): [string, Secret] => [
    `${TLS_FOLDER}/${part}.pem`,
    new bindings.Secret(scope, id, {
      provider,
      name: freshName(settings.name, front, part),
      data: Fn.filebase64(inExpression(fromStackFolder(scope, file ?? ''))),
      dependsOn: [test],
      lifecycle: FRESH,
    }),
  ];
  return [
    secret('Certificate', 'certificate', certificate.certificateFile),
    secret('Key', 'key', certificate.keyFile),
  ];
}

function publishedPorts({ certificate }: NginxSpec, { publish }: SwarmSettings) {
  const port = (targetPort: number, publishedPort: number) => ({
    protocol: 'tcp',
    // Published by the node itself, so that clients keep their addresses.
    publishMode: 'host',
    targetPort,
    publishedPort,
  });
  return [
    port(INSIDE_HTTP, publish.http),
    ...(certificate === undefined ? [] : [port(INSIDE_HTTPS, publish.https)]),
  ];
}

/** Identity of a configuration. A task gets it in a variable, and its status page has to answer with it. */
function release(configuration: Config): string {
  return Fn.substr(Fn.sha256(configuration.data), 0, 12);
}
