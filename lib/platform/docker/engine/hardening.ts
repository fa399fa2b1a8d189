import type { ContainerConfig } from '@cdktf/provider-docker/lib/container';
import type { TextRule } from '../../../validation/check';
import { FILE_PATH } from '../../../validation/text-rules';

/** Where something in memory is put into a container. */
export const CONTAINER_FOLDER: TextRule = {
  name: 'a folder of a container',
  allowed:
    'a path from the root on, without "." and ".." and without a slash at its end; not "/", nor below /dev, /proc, /sys',
  accepts: (text) =>
    /^(?:\/(?!\.{1,2}(?:\/|$))[^/]+)+$/.test(text) &&
    !/^\/(?:dev|proc|sys)(?:\/|$)/.test(text) &&
    FILE_PATH.accepts(text),
};

/**
 * What every container of a platform has in common: no way to write to its own files, to gain rights, or to fill the
 * disk with logs; and it comes back by itself.
 *
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
