import type { ContainerConfig } from '@cdktf/provider-docker/lib/container';
import type { TextRule } from '../../check';
import { FILE_PATH } from '../../text-rules';

/** Where something in memory is put into a container. */
export const CONTAINER_FOLDER: TextRule = {
  name: 'a folder of a container',
  allowed: 'a path that begins with "/", without control characters, at most 1024 characters',
  accepts: (text) => text.startsWith('/') && FILE_PATH.accepts(text),
};

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
