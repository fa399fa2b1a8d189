import type { ContainerConfig } from '@cdktf/provider-docker/lib/container';

/**
 * Configuration of a short-lived container that runs a shell script. Terraform waits for its end, and a failure of the
 * script fails the apply.
 *
 * @param script - text for /bin/sh
 * @param capabilities - capabilities that the script needs; all others are dropped
 * @param failure - error message of a failed apply
 * @internal
 */
export function oneShotContainer(script: string, capabilities: readonly string[], failure: string) {
  return {
    entrypoint: ['/bin/sh', '-c', script],
    // Uploaded files and a new volume belong to root, whatever user the image has. The root file system is writable,
    // because the provider cannot upload into a read-only one.
    user: '0:0',
    securityOpts: ['no-new-privileges:true'],
    capabilities: { drop: ['ALL'], add: [...capabilities] },
    // Terraform reads this log, whatever log driver the engine uses by default.
    logDriver: 'json-file',
    mustRun: false,
    attach: true,
    logs: true,
    // Without a terminal the engine puts binary headers between the lines of the log.
    tty: true,
    restart: 'no',
    lifecycle: { postcondition: [{ condition: '${self.exit_code == 0}', errorMessage: failure }] },
  } satisfies Partial<ContainerConfig>;
}
