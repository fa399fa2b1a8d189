import type { ContainerConfig } from '@cdktf/provider-docker/lib/container';

/**
 * What every container of a platform has in common: no way to write to its own files, to gain rights, or to fill the
 * disk with logs; and it comes back by itself.
 *
 * @internal
 */
export function hardened(capabilities: readonly string[], tmpfs: readonly string[]) {
  return {
    readOnly: true,
    securityOpts: ['no-new-privileges:true'],
    capabilities: { drop: ['ALL'], add: [...capabilities] },
    tmpfs: Object.fromEntries(
      tmpfs.map((folder) => [folder, 'rw,nosuid,nodev,size=67108864,mode=1777']),
    ),
    logDriver: 'json-file',
    logOpts: { 'max-size': '10m', 'max-file': '3' },
    restart: 'unless-stopped',
  } satisfies Partial<ContainerConfig>;
}
