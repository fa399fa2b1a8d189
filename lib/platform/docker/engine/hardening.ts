import type { ContainerConfig } from '@cdktf/provider-docker/lib/container';

/**
 * Configuration that all long-running containers share. A container cannot write to its own files, gain privileges or
 * fill the disk with logs, and Docker restarts it when it ends.
 *
 * @param tmpfs - folders in memory that the container can write to
 * @param tmpfsMegabytes - size of each of them, in MiB
 * @internal
 */
export function hardened(
  capabilities: readonly string[],
  tmpfs: readonly string[],
  tmpfsMegabytes = 64,
) {
  return {
    readOnly: true,
    securityOpts: ['no-new-privileges:true'],
    capabilities: { drop: ['ALL'], add: [...capabilities] },
    tmpfs: Object.fromEntries(
      tmpfs.map((folder) => [folder, `rw,nosuid,nodev,size=${tmpfsMegabytes * 2 ** 20},mode=1777`]),
    ),
    logDriver: 'json-file',
    logOpts: { 'max-size': '10m', 'max-file': '3' },
    restart: 'unless-stopped',
  } satisfies Partial<ContainerConfig>;
}
