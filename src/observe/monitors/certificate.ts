import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../clock.ts';
import type { Monitor, Warning } from './health-checks.ts';

/** Milliseconds. Whoever renews certificates by hand wants to hear of it in time; renewed by a program, it never is. */
const notice = 14 * 24 * 60 * 60 * 1000;

/**
 * Warns where the edge's certificate, the first in a PEM file, is near its end.
 * @param called the file by the name that people know
 */
export function certificateMonitor(path: string, clock: Clock, called = path): Monitor {
  return async (): Promise<readonly Warning[]> => {
    const { validToDate } = new X509Certificate(await readFile(path));
    if (validToDate.getTime() - clock() > notice) return [];
    const end = validToDate.toISOString();
    return [
      {
        code: 'tls_near_end',
        message: `the certificate ${called} ends ${end}: renew it; dockpass up takes the new one over by itself`,
      },
    ];
  };
}
