import type {
  Container,
  ContainerConfig,
  ContainerUpload,
} from '@cdktf/provider-docker/lib/container';
import type { Volume } from '@cdktf/provider-docker/lib/volume';
import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { TlsKind } from '../../../model/tls-certificate';
import { claimAtSynth } from '../../../terraform/claim-at-synth';
import { addressesOverlap } from '../../../validation/addresses';
import type { Check } from '../../../validation/check';
import type { NginxLayout, NginxSpec, RunningNginx } from '../../contract';
import { resolveCertificateUploads } from '../engine/certificate-uploads';
import { hardened } from '../engine/hardening';
import { NAME_SERVER } from '../engine/name-server';
import { oneShotContainer } from '../engine/one-shot-container';
import { INSIDE_HTTP, INSIDE_HTTPS } from '../engine/ports';
import { engineKey } from '../engine/provider';
import {
  CONFIGURATION_FOLDER,
  deliveryScript,
  nginxCommand,
  UPLOAD_FOLDER,
} from './delivery-script';
import { attachment, type DockerContext, STOP_SECONDS } from './docker-context';
import type { DockerSettings } from './settings';

/** Size of the folder for requests and responses that are larger than a buffer. It takes memory only while in use. */
const NGINX_TEMPORARY_MEGABYTES = 1024;

/** Capabilities to test a configuration as nginx starts, to give an unprivileged nginx its key, and to signal it. */
const DELIVERY_CAPABILITIES = [
  'CAP_CHOWN',
  'CAP_KILL',
  'CAP_NET_BIND_SERVICE',
  'CAP_SETGID',
  'CAP_SETUID',
];

/**
 * Paths and ports of nginx in its container.
 *
 * @internal
 */
export function nginxLayout(settings: DockerSettings): NginxLayout {
  const { publish, statusPort, hostNetwork } = settings;
  return {
    pidFile: '/tmp/nginx.pid',
    errorLog: '/dev/stderr',
    accessLog: '/dev/stdout',
    tempDirectory: '/tmp',
    certificate: 'tls/certificate.pem',
    certificateKey: 'tls/key.pem',
    httpsListen: [listen(settings, INSIDE_HTTPS, publish.https)],
    httpListen: [listen(settings, INSIDE_HTTP, publish.http)],
    publicHttpsPort: publish.https,
    publicHttpPort: publish.http,
    statusListen: `127.0.0.1:${statusPort}`,
    releaseFile: 'release.conf',
    // The network of the host has no name server of Docker's.
    resolver: hostNetwork ? undefined : NAME_SERVER,
  };
}

/** Address that nginx listens on: a port inside its container, or with the host's network the published one. */
function listen(
  { hostNetwork, publish: { address } }: DockerSettings,
  inside: number,
  published: number,
): string {
  if (!hostNetwork) {
    return String(inside);
  }
  return address.includes(':') ? `[${address}]:${published}` : `${address}:${published}`;
}

/**
 * Runs nginx in a container and delivers its configuration.
 *
 * @throws ValidationError for an invalid path of a certificate file
 * @internal
 */
export function runNginx(
  scope: Construct,
  check: Check,
  spec: NginxSpec,
  context: DockerContext,
): RunningNginx {
  const { bindings, provider, settings } = context;
  const certificate = resolveCertificateUploads(check, spec, `${UPLOAD_FOLDER}/tls`);
  claimPorts(scope, spec, settings);
  const name = `${settings.name}-${spec.name}`;
  const volume = new bindings.Volume(scope, 'Configuration', {
    provider,
    name: `${name}-configuration`,
  });
  const nginx = new bindings.Container(scope, 'Nginx', {
    provider,
    name,
    image: settings.nginxImage,
    entrypoint: nginxCommand(),
    ...clientSide(spec, context),
    mounts: [{ type: 'volume', source: volume.name, target: CONFIGURATION_FOLDER, readOnly: true }],
    ulimit: [{ name: 'nofile', soft: spec.openFiles, hard: spec.openFiles }],
    destroyGraceSeconds: STOP_SECONDS,
    ...hardened(nginxCapabilities(settings), ['/tmp'], NGINX_TEMPORARY_MEGABYTES),
  });
  return { dependables: [deliver(scope, spec, context, { nginx, volume, certificate })] };
}

/** Claims the published ports on the engine, which Docker finds taken only in the middle of an apply. */
function claimPorts(
  scope: Construct,
  { certificate }: NginxSpec,
  { engine, publish: { address, https, http } }: DockerSettings,
): void {
  for (const [property, port] of Object.entries({ http, ...(certificate && { https }) })) {
    const key = `port ${port} of the Docker engine ${engineKey(engine)}`;
    const claim = { scope, value: address };
    claimAtSynth(TerraformStack.of(scope), key, claim, (earlier) =>
      addressesOverlap(earlier.value, address)
        ? {
            property: `platform.publish.${property}`,
            problem: `port ${port} is already published by ${earlier.scope.node.path} on the same engine`,
            allowed: 'different ports, or different addresses, for each front of an engine',
          }
        : undefined,
    );
  }
}

/** How clients reach nginx: at published ports, or in the network of its host. */
function clientSide(
  { name, certificate }: NginxSpec,
  context: DockerContext,
): Partial<ContainerConfig> {
  const { hostNetwork, publish, subnet } = context.settings;
  if (hostNetwork) {
    return { networkMode: 'host' };
  }
  const { address, https, http } = publish;
  // In ascending order, in which the provider reads them back: it would replace nginx for any other order.
  const ports = [
    { internal: INSIDE_HTTP, external: http, ip: address },
    ...(certificate === undefined
      ? []
      : [{ internal: INSIDE_HTTPS, external: https, ip: address }]),
  ];
  return { networksAdvanced: attachment(context, name, subnet.front), ports };
}

/** Capabilities to run workers as their own user; with the host's network also to listen on ports below 1024. */
function nginxCapabilities({ hostNetwork }: DockerSettings): string[] {
  return [
    'CAP_CHOWN',
    ...(hostNetwork ? ['CAP_NET_BIND_SERVICE'] : []),
    'CAP_SETGID',
    'CAP_SETUID',
  ];
}

/**
 * A short-lived container that tests a configuration, swaps it in and reloads nginx. Terraform replaces it, and so runs
 * it again, when nginx or a delivered file changes.
 */
function deliver(
  scope: Construct,
  spec: NginxSpec,
  { bindings, provider, settings }: DockerContext,
  target: {
    readonly nginx: Container;
    readonly volume: Volume;
    readonly certificate: readonly ContainerUpload[];
  },
): Container {
  const { nginx, volume, certificate } = target;
  const selfSigned = spec.certificate?.kind === TlsKind.SELF_SIGNED;
  return new bindings.Container(scope, 'Delivery', {
    provider,
    name: `${settings.name}-${spec.name}-delivery`,
    // The image of nginx itself, so that the binary that tests is the one that serves.
    image: settings.nginxImage,
    ...oneShotContainer(
      deliveryScript(
        settings.statusPort,
        selfSigned ? spec.serverNames : undefined,
        settings.drainSeconds,
      ),
      DELIVERY_CAPABILITIES,
      `nginx did not receive its new configuration; the previous one continues to serve.\n\${self.container_logs}\n` +
        'If the configuration is correct and something else failed, repeat the delivery with -replace and its address.',
    ),
    pidMode: `container:${nginx.id}`,
    networkMode: `container:${nginx.id}`,
    mounts: [{ type: 'volume', source: volume.name, target: CONFIGURATION_FOLDER }],
    upload: [{ file: `${UPLOAD_FOLDER}/nginx.conf`, content: spec.configuration }, ...certificate],
    dependsOn: spec.dependsOn,
  });
}
