import { readFileStamp } from '../../files/file-stamp.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../observe/log.ts';
import type { Monitor } from '../../observe/monitors/health-checks.ts';
import type { EdgeCertificate } from './edge-certificate.ts';

export interface CertificateRenewal {
  /** Warns while the edge serves another certificate than it should. */
  readonly lookout: Monitor;
  /**
   * From now on.
   * @param take has the running edge take its file over, and rejects where it does not
   * @param changed is told where there is a warning that was not there before, or none any more
   */
  begin(take: () => Promise<void>, changed: () => void): void;
  close(): void;
}

/** Milliseconds between two looks at the files. */
const interval = 1000;
/** Looks between two at a certificate of our own making, whose end is known. */
const seldom = 10;

/**
 * Keeps the edge's certificate right while `up` runs: on SIGHUP, when somebody's files have changed, and before ours
 * ends. What is not right is not taken over.
 */
export function renewCertificate(certificate: EdgeCertificate, log: Log): CertificateRenewal {
  let fault: string | undefined;
  let isTaken = true;
  let isClosed = false;
  let running: Promise<void> = Promise.resolve();
  const renew = async (take: () => Promise<void>, changed: () => void): Promise<void> => {
    const before = fault;
    try {
      if (await certificate.renew()) isTaken = false;
      if (!isTaken) {
        await take();
        isTaken = true;
        log.info('the edge serves the changed certificate');
      }
      fault = undefined;
    } catch (error) {
      const message = messageOf(error);
      if (message !== fault)
        log.error('the changed certificate was not taken over; the one before is served on', error);
      fault = message;
    }
    if (fault !== before && !isClosed) changed();
  };
  let close = (): void => {};
  return {
    lookout: () =>
      fault === undefined
        ? []
        : [{ code: 'tls_not_renewed', message: `${fault} (the certificate before is served on)` }],
    begin: (take, changed) => {
      const again = (): void => void (running = running.then(() => renew(take, changed)));
      const isDue = settled(certificate.sources);
      let looks = 0;
      const timer = setInterval(() => {
        looks++;
        if (!isTaken || (looks % seldom === 0 && certificate.sources.length === 0)) again();
        else void isDue().then((due) => (due ? again() : undefined));
      }, interval).unref();
      process.on('SIGHUP', again);
      close = (): void => {
        isClosed = true;
        clearInterval(timer);
        process.off('SIGHUP', again);
      };
      again();
    },
    close: () => close(),
  };
}

/**
 * Whether the files have changed, and have stood still since the look before: a pair is written one file after the
 * other.
 */
function settled(paths: readonly string[]): () => Promise<boolean> {
  const look = async (): Promise<string> => (await Promise.all(paths.map(readFileStamp))).join('\n');
  let known = look();
  let last = known;
  return async () => {
    const [now, before] = [look(), last];
    last = now;
    const isDue = (await now) === (await before) && (await now) !== (await known);
    if (isDue) known = now;
    return isDue;
  };
}
