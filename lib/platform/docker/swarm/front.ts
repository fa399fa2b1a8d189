import type { Config } from '@cdktf/provider-docker/lib/config';
import type { Container } from '@cdktf/provider-docker/lib/container';
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { Secret } from '@cdktf/provider-docker/lib/secret';
import type { Service } from '@cdktf/provider-docker/lib/service';
import { Fn } from 'cdktf';
import type { Construct } from 'constructs';
import type { Check } from '../../../validation/check';
import { fromStackFolder } from '../../../terraform/stack-paths';
import { TlsKind } from '../../../model/tls-certificate';
import { TokensInText } from '../../../terraform/tokens-in-text';
import type { NginxSpec } from '../../contract';
import type { DockerBindings } from '../engine/bindings';
import { certificateUploads } from '../engine/certificate-uploads';
import { inExpression } from '../../../terraform/expressions';
import type { SwarmBindings } from '../engine/swarm-bindings';
import type { PinnedImage } from './pinned-image';
import { FRESH, freshName, swarmName } from './names';
import {
  CONFIGURATION_FILE,
  RELEASE_VARIABLE,
  servesRelease,
  startScript,
  testScript,
  TLS_FOLDER,
} from './nginx-script';
import { configurationFile, hardenedContainer, rolledOut, secretFile, TASK } from './task';

/** nginx's own in the official images; any other image needs no such user to run as its number. */
const NGINX_USER = '101:101';

/** Inside of the container, where every user may take them. */
export const INSIDE_HTTP = 8080;
export const INSIDE_HTTPS = 8443;

/** To test as nginx starts. */
const TEST_CAPABILITIES = ['CAP_CHOWN', 'CAP_SETGID', 'CAP_SETUID'];

/** From the end of a drain to the end of nginx. */
const END_MS = 10_000;

/**
 * What the front of a swarm needs beside the configuration.
 *
 * @internal
 */
export interface SwarmFrontPlace {
  readonly bindings: DockerBindings & SwarmBindings;
  readonly provider: DockerProvider;
  /** What the names of all parts begin with. */
  readonly name: string;
  readonly image: PinnedImage;
  readonly networkId: string;
  readonly https: number;
  readonly http: number;
  readonly fronts: number;
  readonly constraints: readonly string[];
  readonly drainMs: number;
  readonly monitorMs: number;
}

/**
 * nginx as a service, with its configuration and certificate as Swarm's own kinds of files, which a service cannot
 * change but only be given anew. A test comes first: Swarm would take nginx away before it learns that the next one does
 * not start, and does not always find the way back.
 *
 * @internal
 */
export function runSwarmFront(
  scope: Construct,
  check: Check,
  spec: NginxSpec,
  place: SwarmFrontPlace,
): Service {
  const { bindings, provider, name, image } = place;
  const selfSigned = spec.certificate?.kind === TlsKind.SELF_SIGNED ? spec.serverNames : undefined;
  const test = testConfiguration(scope, check, spec, place, selfSigned);
  const configuration = new bindings.Config(scope, 'Configuration', {
    provider,
    name: freshName(name, spec.name),
    data: base64(spec.configuration),
    dependsOn: [test],
    lifecycle: FRESH,
  });
  const secrets = certificateSecrets(scope, spec, place, test);
  return new bindings.Service(scope, 'Nginx', {
    provider,
    name: swarmName(name, spec.name),
    ...rolledOut(
      {
        // A port of a node belongs to one nginx.
        order: 'stop-first',
        monitorMs: place.monitorMs,
        startTimeoutMs: 30_000,
        intervalMs: 2000,
        stopGraceMs: place.drainMs + END_MS,
      },
      place.fronts,
    ),
    endpointSpec: { mode: 'dnsrr', ports: ports(spec, place) },
    taskSpec: {
      ...TASK,
      containerSpec: {
        ...hardenedContainer(
          NGINX_USER,
          ['/tmp', ...(selfSigned === undefined ? [] : [TLS_FOLDER])],
          place.drainMs + END_MS,
        ),
        image: image.reference,
        command: ['/bin/sh', '-c', startScript(selfSigned)],
        env: { [RELEASE_VARIABLE]: release(configuration) },
        configs: [configurationFile(configuration, CONFIGURATION_FILE)],
        secrets: secrets.map(([file, secret]) => secretFile(secret, file, NGINX_USER)),
        // Requests finish, and nginx itself ends what is still open after the drain.
        stopSignal: 'SIGQUIT',
        healthcheck: {
          test: ['CMD-SHELL', servesRelease()],
          interval: '2s',
          timeout: '5s',
          retries: 3,
          startPeriod: '30s',
        },
      },
      networksAdvanced: [{ name: place.networkId, aliases: [spec.name] }],
      ...(place.constraints.length === 0
        ? {}
        : { placement: { constraints: [...place.constraints] } }),
    },
    dependsOn: [test, ...spec.dependsOn],
    ...(place.constraints.length === 0
      ? {}
      : // Which the engine adds to a placement when it finds the image in a registry.
        { lifecycle: { ignoreChanges: ['task_spec[0].placement[0].platforms'] } }),
  });
}

/** A short-lived container of the image that is to serve; replaced, and so run again, with what it tests. */
function testConfiguration(
  scope: Construct,
  check: Check,
  spec: NginxSpec,
  { bindings, provider, name, image }: SwarmFrontPlace,
  selfSigned: readonly string[] | undefined,
): Container {
  return new bindings.Container(scope, 'Test', {
    provider,
    name: freshName(name, spec.name, 'test'),
    image: image.id,
    entrypoint: ['/bin/sh', '-c', testScript(selfSigned)],
    // Whoever nginx runs as, what is uploaded belongs to root; and a read-only root would refuse it.
    user: '0:0',
    securityOpts: ['no-new-privileges:true'],
    capabilities: { drop: ['ALL'], add: TEST_CAPABILITIES },
    env: [`${RELEASE_VARIABLE}=test`],
    upload: [
      { file: CONFIGURATION_FILE, content: spec.configuration },
      ...certificateUploads(scope, check, spec, TLS_FOLDER),
    ],
    // Whatever the engine does with logs: Terraform reads this one.
    logDriver: 'json-file',
    mustRun: false,
    attach: true,
    logs: true,
    // Without one the engine puts binary headers between the lines of the log.
    tty: true,
    restart: 'no',
    lifecycle: {
      ...FRESH,
      postcondition: [
        {
          condition: '${self.exit_code == 0}',
          errorMessage:
            'The swarm was not given the new configuration; the one before it goes on serving.\n${self.container_logs}\n' +
            'If the configuration is right and something else went wrong, run the test again with -replace and its address.',
        },
      ],
    },
  });
}

function certificateSecrets(
  scope: Construct,
  { name: front, certificate }: NginxSpec,
  { bindings, provider, name }: SwarmFrontPlace,
  test: Container,
): [file: string, secret: Secret][] {
  if (certificate?.kind !== TlsKind.FILES) {
    return [];
  }
  // The test has had a look at both names.
  const secret = (id: string, what: string, file: string | undefined): [string, Secret] => [
    `${TLS_FOLDER}/${what}.pem`,
    new bindings.Secret(scope, id, {
      provider,
      name: freshName(name, front, what),
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

function ports({ certificate }: NginxSpec, { https, http }: SwarmFrontPlace) {
  const port = (targetPort: number, publishedPort: number) => ({
    protocol: 'tcp',
    // Published by the node itself: clients keep their addresses.
    publishMode: 'host',
    targetPort,
    publishedPort,
  });
  return [
    port(INSIDE_HTTP, http),
    ...(certificate === undefined ? [] : [port(INSIDE_HTTPS, https)]),
  ];
}

/** Of the configuration: what a task was given, and what it has to answer. */
function release(configuration: Config): string {
  return Fn.substr(Fn.sha256(configuration.data), 0, 12);
}

/** Terraform's functions take no text with quotes in it: what is known reaches them in base64. */
function base64(text: string): string {
  const tokens = new TokensInText();
  const pieces = tokens.pieces(tokens.hide(text));
  return pieces.some(({ isToken }) => isToken)
    ? Fn.base64encode(
        Fn.join(
          '',
          pieces.map((piece) =>
            piece.isToken ? piece.text : Fn.base64decode(knownBase64(piece.text)),
          ),
        ),
      )
    : knownBase64(text);
}

function knownBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
