import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import type { Lookout, Warning } from './watch.ts';

/** Milliseconds. Whoever renews certificates by hand wants to hear of it in time; renewed by a program, it never is. */
const notice = 14 * 24 * 60 * 60 * 1000;

/** Warns where the edge's certificate, the first in a PEM file, is near its end. */
export function certificateLookout(path: string, clock: Clock): Lookout {
  return async (): Promise<readonly Warning[]> => {
    const { validToDate } = new X509Certificate(await readFile(path));
    if (validToDate.getTime() - clock() > notice) return [];
    const end = validToDate.toISOString();
    return [
      {
        code: 'tls_near_end',
        message: `the certificate ${path} ends ${end}: renew it, then restart dockpass up`,
      },
    ];
  };
}
