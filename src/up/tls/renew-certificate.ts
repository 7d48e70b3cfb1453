import { readFileStamp } from '../../files/file-stamp.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../observe/log.ts';
import type { Monitor } from '../../observe/monitors/health-checks.ts';
import type { EdgeCertificate } from './edge-certificate.ts';

/** Milliseconds between two checks of the certificate files. */
const checkIntervalMs = 1000;
/**
 * Only every tenth check examines a self-signed certificate. This is enough, because dockpass renews the certificate
 * long before it expires.
 */
const selfSignedCheckCount = 10;

/**
 * The result of the last certificate renewal. `startCertificateRenewal` updates this object, and the health checks read
 * it.
 */
export interface RenewalStatus {
  /** The reason why the last renewal failed. Undefined if the last renewal succeeded. */
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
              problem: `${status.problem} (the edge still serves the previous certificate)`,
              impact: 'When the previous certificate expires, clients refuse to connect to the registry.',
              fix: 'Correct the files of the certificate. dockpass loads them without a restart.',
            },
          ],
  };
  return status;
}

export interface RenewalOptions {
  readonly certificate: EdgeCertificate;
  readonly status: RenewalStatus;
  /**
   * Makes the running edge load its certificate file. The promise rejects if the edge does not serve the certificate in
   * this file afterwards.
   */
  readonly reloadEdge: () => Promise<void>;
  /** Called when `status.problem` has changed. */
  readonly onStatusChange: () => void;
  readonly log: Log;
}

/**
 * Keeps the certificate of the running edge up to date. dockpass renews the certificate once at the start. It renews
 * the certificate again when it receives SIGHUP, when the files of `--tls CERTIFICATE,KEY` have changed, and when a
 * self-signed certificate is about to expire. If the edge fails to load a renewed certificate, dockpass tries again
 * every second (`checkIntervalMs`). If the changed files are invalid, the edge continues to serve the previous
 * certificate.
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
  // Run renewals one after the other. Two renewals at the same time could overwrite the file in the wrong order, and
  // the edge could then load an old certificate.
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
 * Creates a function that the caller must call at regular intervals. The function returns true once after each change
 * of the files, but only when the files have stayed the same between two calls. The function waits for this because
 * people replace a certificate and its key one after the other. While only one of the two is replaced, they do not
 * match.
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
