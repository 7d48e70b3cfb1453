import { statfs } from 'node:fs/promises';
import type { Monitor, Warning } from './health-checks.ts';

const least = { share: 0.05, bytes: 512 * 1024 * 1024 };

/** Warns where a directory's file system is nearly full: by share, but not while gigabytes are left. */
export function diskSpaceMonitor(directory: string): Monitor {
  return async (): Promise<readonly Warning[]> => {
    const { bavail, blocks, bsize } = await statfs(directory);
    const free = bavail * bsize;
    if (free >= least.bytes * 8 || (free >= least.bytes && bavail / blocks >= least.share)) return [];
    const megabytes = Math.floor(free / 1024 / 1024);
    return [
      {
        code: 'disk_filling_up',
        message: `${directory} has ${megabytes} MB left: free some, or logins, pushes and the audit log will fail`,
      },
    ];
  };
}
