import { readFileStamp } from '../../files/file-stamp.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../observe/log.ts';
import type { Monitor } from '../../observe/monitors/health-checks.ts';
import type { EdgeCertificate } from './edge-certificate.ts';

/** Milliseconds between two checks of the certificate files. */
const checkIntervalMs = 1000;
/** A self-signed certificate is renewed only shortly before it expires, so only every tenth check examines it. */
const selfSignedCheckCount = 10;

/** The result of the last certificate renewal. The renewal writes this object, and the health checks read it. */
export interface RenewalStatus {
  /** Why the last renewal failed. Undefined if the edge serves the current certificate. */
  problem: string | undefined;
  readonly monitor: Monitor;
}

export function createRenewalStatus(): RenewalStatus {
  const status: RenewalStatus = {
    problem: undefined,
    monitor: () =>
      status.problem === undefined
        ? []
        : [
            {
              code: 'tls_not_renewed',
              message: `${status.problem} (the edge still serves the previous certificate)`,
            },
          ],
  };
  return status;
}

export interface RenewalOptions {
  readonly certificate: EdgeCertificate;
  readonly status: RenewalStatus;
  /**
   * Makes the running edge load its certificate file. Rejects if the edge does not serve that certificate afterwards.
   */
  readonly reloadEdge: () => Promise<void>;
  /** Called when a problem appears or disappears. */
  readonly onStatusChange: () => void;
  readonly log: Log;
}

/**
 * Starts the renewal of the certificate that the running edge serves. The certificate is renewed immediately, on
 * SIGHUP, when the files of `--tls CERTIFICATE,KEY` have changed, and before a self-signed certificate expires. If the
 * edge fails to load a certificate, dockpass makes the edge load it again at each later check. If the new files are
 * invalid, the edge keeps the previous certificate.
 * @returns a function that stops the renewal
 */
export function startCertificateRenewal({
  certificate,
  status,
  reloadEdge,
  onStatusChange,
  log,
}: RenewalOptions): () => void {
  let isLoaded = true;
  let isStopped = false;
  const renew = async (): Promise<void> => {
    const problemBefore = status.problem;
    try {
      if (await certificate.renew()) isLoaded = false;
      if (!isLoaded) {
        await reloadEdge();
        isLoaded = true;
        log.info('the edge serves the changed certificate');
      }
      status.problem = undefined;
    } catch (error) {
      const problem = messageOf(error);
      if (problem !== problemBefore)
        log.error('the edge did not load the changed certificate; it still serves the previous one', error);
      status.problem = problem;
    }
    if (status.problem !== problemBefore && !isStopped) onStatusChange();
  };
  // Renewals run one after the other, because two at the same time could write the file and reload the edge in the
  // wrong order.
  let lastRenewal: Promise<void> = Promise.resolve();
  const requestRenewal = (): void => void (lastRenewal = lastRenewal.then(renew));
  const haveFilesSettled = settledChangeDetector(certificate.sources);
  let checkCount = 0;
  const timer = setInterval(() => {
    checkCount++;
    const isSelfSignedDue = checkCount % selfSignedCheckCount === 0 && certificate.sources.length === 0;
    if (!isLoaded || isSelfSignedDue) requestRenewal();
    else void haveFilesSettled().then((isDue) => (isDue ? requestRenewal() : undefined));
  }, checkIntervalMs).unref();
  process.on('SIGHUP', requestRenewal);
  requestRenewal();
  return () => {
    isStopped = true;
    clearInterval(timer);
    process.off('SIGHUP', requestRenewal);
  };
}

/**
 * Creates a function that must be called at regular intervals. After each change of the files, one call returns true:
 * the first call that finds the files in the same state as the previous call. This delay is needed because people
 * replace a certificate and its key one after the other, and until both are replaced, they do not match.
 */
function settledChangeDetector(paths: readonly string[]): () => Promise<boolean> {
  const readStamps = async (): Promise<string> => (await Promise.all(paths.map(readFileStamp))).join('\n');
  let reported = readStamps();
  let previous = reported;
  return async () => {
    const [now, before] = [readStamps(), previous];
    previous = now;
    const isSettled = (await now) === (await before) && (await now) !== (await reported);
    if (isSettled) reported = now;
    return isSettled;
  };
}
