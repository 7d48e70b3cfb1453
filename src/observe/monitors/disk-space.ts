import { statfs } from 'node:fs/promises';
import type { Monitor, Warning } from './health-checks.ts';

/** Warn below this share of the file system or below this number of bytes. */
const minFree = { share: 0.05, bytes: 512 * 1024 * 1024 };
/** Never warn if this number of bytes is free, whatever the share is. */
const plentyBytes = 8 * minFree.bytes;

/** Warns if the file system of a directory is almost full. */
export function diskSpaceMonitor(directory: string): Monitor {
  return async (): Promise<readonly Warning[]> => {
    const { bavail, blocks, bsize } = await statfs(directory);
    const free = bavail * bsize;
    if (free >= plentyBytes || (free >= minFree.bytes && bavail / blocks >= minFree.share)) return [];
    const megabytes = Math.floor(free / 1024 / 1024);
    return [
      {
        code: 'disk_filling_up',
        message: `only ${megabytes} MB are free on the file system of ${directory}. Free some space, or logins, pushes and the audit log will fail.`,
      },
    ];
  };
}
