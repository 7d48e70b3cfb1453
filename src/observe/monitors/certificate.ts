import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../clock.ts';
import type { Monitor, Warning } from './health-checks.ts';

/**
 * The warning appears this many milliseconds before the certificate expires. Programs that renew certificates
 * automatically normally do so earlier, so the warning is for people who renew certificates by hand.
 */
const noticeMs = 14 * 24 * 60 * 60 * 1000;

/**
 * Creates the monitor that warns if the edge's certificate expires soon. The certificate is the first one in a PEM
 * file.
 * @param displayPath the path that the warning shows, if it differs from `path`
 */
export function certificateMonitor(path: string, clock: Clock, displayPath = path): Monitor {
  return async (): Promise<readonly Warning[]> => {
    const { validToDate } = new X509Certificate(await readFile(path));
    if (validToDate.getTime() - clock() > noticeMs) return [];
    return [
      {
        code: 'tls_near_end',
        problem: `the certificate ${displayPath} expires at ${validToDate.toISOString()}`,
        impact: 'After that time, clients refuse to connect to the registry.',
        fix: 'Renew the certificate. "dockpass up" loads the new file without a restart.',
      },
    ];
  };
}
