import { pino, type DestinationStream } from 'pino';
import { Secret } from '../secret.ts';

/** The server's log: one JSON object per line on stderr. Requests are not logged here, but in the audit log. */
export interface Log {
  info(message: string, details?: Record<string, unknown>): void;
  warn(message: string, details?: Record<string, unknown>): void;
  /** Logs the error and its chain of causes. Clients never see the causes. */
  error(message: string, error: unknown): void;
}

/**
 * Creates the server's log.
 * @param write a function that is called with each line. If undefined, the lines are written to stderr
 */
export function createLog(write?: (line: string) => void): Log {
  const destination = write === undefined ? openStderr() : { write };
  const logger = pino(
    { base: null, formatters: { level: (level) => ({ level }) }, timestamp: pino.stdTimeFunctions.isoTime },
    destination,
  );
  return {
    info: (message, details = {}) => logger.info(maskSecrets(details), message),
    warn: (message, details = {}) => logger.warn(maskSecrets(details), message),
    error: (message, error) => logger.error({ causes: causesOf(error) }, message),
  };
}

/** The maximum size in bytes of the lines that wait in memory while stderr cannot be written. */
const maxWaitingLength = 1024 * 1024;

function openStderr(): DestinationStream {
  const stderr = pino.destination({ fd: 2, sync: true, maxLength: maxWaitingLength });
  // If stderr is a file on a full disk, each write fails and pino emits this event. Without a listener, the event would
  // end the server. When the next line is logged, pino tries again to write the waiting lines.
  stderr.on('error', () => {});
  return stderr;
}

export const noLog: Log = { info: () => {}, warn: () => {}, error: () => {} };

/**
 * Matches the names of log details whose values are masked. `Secret` objects are masked whatever their name is. This
 * pattern protects secrets that were converted to plain strings by mistake before they were logged.
 */
const secretNames = /pass(word|wd)?$|secret|authorization|token$/i;

function maskSecrets(details: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [
      name,
      secretNames.test(name) || value instanceof Secret ? '[secret]' : value,
    ]),
  );
}

function causesOf(error: unknown): string[] {
  const causes: string[] = [];
  for (
    let cause: unknown = error;
    cause !== undefined && causes.length < 8;
    cause = cause instanceof Error ? cause.cause : undefined
  ) {
    causes.push(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause));
  }
  return causes;
}
