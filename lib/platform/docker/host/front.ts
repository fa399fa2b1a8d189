import type { Container } from '@cdktf/provider-docker/lib/container';
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { Volume } from '@cdktf/provider-docker/lib/volume';
import type { Construct } from 'constructs';
import type { Check } from '../../../validation/check';
import { TlsKind } from '../../../model/tls-certificate';
import type { NginxSpec } from '../../contract';
import type { DockerBindings } from '../engine/bindings';
import { certificateUploads } from '../engine/certificate-uploads';
import { CONFIGURATION_FOLDER, deliveryScript, UPLOAD_FOLDER } from './delivery-script';

/** To test as nginx starts, to give an unprivileged nginx its key, and to tell it. */
const CAPABILITIES = ['CAP_CHOWN', 'CAP_KILL', 'CAP_NET_BIND_SERVICE', 'CAP_SETGID', 'CAP_SETUID'];

/**
 * What a delivery needs beside the configuration.
 *
 * @internal
 */
export interface DeliveryPlace {
  readonly bindings: DockerBindings;
  readonly provider: DockerProvider;
  /** The name of its container. */
  readonly name: string;
  /** The image of nginx: the binary that tests is the one that serves. */
  readonly image: string;
  readonly nginx: Container;
  readonly volume: Volume;
  readonly statusPort: number;
}

/**
 * A short-lived container that tests, swaps and reloads; replaced, and so run again, whenever what it delivers or
 * nginx itself changes.
 *
 * @internal
 */
export function deliver(
  scope: Construct,
  check: Check,
  spec: NginxSpec,
  { bindings, provider, name, image, nginx, volume, statusPort }: DeliveryPlace,
): Container {
  const selfSigned = spec.certificate?.kind === TlsKind.SELF_SIGNED;
  return new bindings.Container(scope, 'Delivery', {
    provider,
    name,
    image,
    entrypoint: [
      '/bin/sh',
      '-c',
      deliveryScript(statusPort, selfSigned ? spec.serverNames : undefined),
    ],
    // Whoever nginx runs as, its volume belongs to root; and a read-only root would refuse what is uploaded.
    user: '0:0',
    securityOpts: ['no-new-privileges:true'],
    capabilities: { drop: ['ALL'], add: CAPABILITIES },
    pidMode: `container:${nginx.id}`,
    networkMode: `container:${nginx.id}`,
    mounts: [{ type: 'volume', source: volume.name, target: CONFIGURATION_FOLDER }],
    upload: [
      { file: `${UPLOAD_FOLDER}/nginx.conf`, content: spec.configuration },
      ...certificateUploads(scope, check, spec, `${UPLOAD_FOLDER}/tls`),
    ],
    // Whatever the engine does with logs: Terraform reads this one.
    logDriver: 'json-file',
    mustRun: false,
    attach: true,
    logs: true,
    // Without one the engine puts binary headers between the lines of the log.
    tty: true,
    restart: 'no',
    dependsOn: spec.dependsOn,
    lifecycle: {
      postcondition: [
        {
          condition: '${self.exit_code == 0}',
          errorMessage:
            `nginx was not given its new configuration; the one before it goes on serving.\n\${self.container_logs}\n` +
            'If the configuration is right and something else went wrong, run the delivery again with -replace and its address.',
        },
      ],
    },
  });
}
