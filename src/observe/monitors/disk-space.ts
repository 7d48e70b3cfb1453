import { statfs } from 'node:fs/promises';
import type { Monitor, Warning } from './health-checks.ts';

/**
 * The minimum free space. A warning appears if the free space is less than `bytes`, or less than the fraction `share`
 * of the file system. The exception is `plentyBytes`.
 */
const minFree = { share: 0.05, bytes: 512 * 1024 * 1024 };
/**
 * If at least this number of bytes is free, no warning appears, even if this is less than the minimum share of the file
 * system.
 */
const plentyBytes = 8 * minFree.bytes;

/** Creates the monitor that warns if the file system of a directory is almost full. */
export function diskSpaceMonitor(directory: string): Monitor {
  return async (): Promise<readonly Warning[]> => {
    const { bavail, blocks, bsize } = await statfs(directory);
    const free = bavail * bsize;
    if (free >= plentyBytes || (free >= minFree.bytes && bavail / blocks >= minFree.share)) return [];
    const megabytes = Math.floor(free / 1024 / 1024);
    return [
      {
        code: 'disk_filling_up',
        problem: `only ${megabytes} MB are free on the file system of ${directory}`,
        impact: 'If the file system becomes full, logins, pushes and the audit log fail.',
        fix: 'Free some space.',
      },
    ];
  };
}
