import { pino } from 'pino';
import { Secret } from '../secret.ts';

/** The server's log, a JSON object a line on stderr. Requests are not logged here: the audit log has them. */
export interface Log {
  info(message: string, details?: Record<string, unknown>): void;
  warn(message: string, details?: Record<string, unknown>): void;
  /** With the whole chain of causes, which no client ever sees. */
  error(message: string, error: unknown): void;
}

export function createLog(write?: (line: string) => void): Log {
  const destination = write === undefined ? pino.destination({ fd: 2, sync: true }) : { write };
  const logger = pino(
    { base: null, formatters: { level: (level) => ({ level }) }, timestamp: pino.stdTimeFunctions.isoTime },
    destination,
  );
  return {
    info: (message, details = {}) => logger.info(redacted(details), message),
    warn: (message, details = {}) => logger.warn(redacted(details), message),
    error: (message, error) => logger.error({ causes: causesOf(error) }, message),
  };
}

export const noLog: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** Secrets mask themselves; this is the net under whoever unwraps one on the way to a log line. */
const secretLike = /pass(word|wd)?$|secret|authorization|token$/i;

function redacted(details: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [
      name,
      secretLike.test(name) || value instanceof Secret ? '[secret]' : value,
    ]),
  );
}

function causesOf(error: unknown): string[] {
  const causes: string[] = [];
  for (
    let at: unknown = error;
    at !== undefined && causes.length < 8;
    at = at instanceof Error ? at.cause : undefined
  ) {
    causes.push(at instanceof Error ? (at.stack ?? at.message) : String(at));
  }
  return causes;
}
