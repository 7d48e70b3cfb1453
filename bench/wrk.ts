import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A request that is sent repeatedly. */
export interface LoadRequest {
  readonly method?: 'GET' | 'POST';
  /** `{new}` is replaced by a text that is different in each request. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Each request uses the next value of the list. */
  readonly authorizations?: readonly string[];
  /** Whether a load begins in this list where the last one has ended, and not at the start. */
  readonly continues?: boolean;
  readonly connections?: number;
  /**
   * How many requests to send in a second. They do not wait for the answers to earlier ones, as long as a connection is
   * free. Default: each connection sends its next request when it has an answer.
   */
  readonly perSecond?: number | undefined;
}

export interface LoadResult {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** How many requests failed or were answered with a status other than 2xx and 3xx. */
  readonly failed: number;
}

const usualConnections = 32;

/** Where the next load begins in each list of authorizations. */
const positions = new WeakMap<readonly string[], number>();

/**
 * The seconds of load before a measurement. V8 compiles the hot functions during the first 8 seconds, so the results of
 * shorter loads are too low and differ from run to run.
 */
export const warmUpSeconds = 8;

/**
 * Sends requests to `origin` with wrk, with one thread, and with 32 connections unless the request has another number.
 * @param directory where the script for wrk is written
 */
export async function load(
  origin: string,
  request: LoadRequest,
  seconds: number,
  directory: string,
): Promise<LoadResult> {
  const script = join(directory, 'request.lua');
  await writeFile(script, luaFor(request));
  const { connections = usualConnections } = request;
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, origin];
  const { stdout } = await promisify(execFile)('wrk', args).catch((cause: unknown) => {
    throw isMissing(cause)
      ? new Error('wrk is missing. On Debian and Ubuntu, run: sudo apt-get install wrk')
      : cause;
  });
  const result = /^RESULT (.*)$/m.exec(stdout)?.[1];
  if (result === undefined) throw new Error(`wrk printed no result:\n${stdout}`);
  const parsed = JSON.parse(result) as LoadResult;
  const { authorizations, continues } = request;
  if (authorizations !== undefined && continues === true)
    positions.set(
      authorizations,
      (positions.get(authorizations) ?? 0) + Math.ceil(parsed.perSecond * seconds),
    );
  return parsed;
}

function luaFor({
  method = 'GET',
  path,
  headers = {},
  body,
  authorizations,
  perSecond,
}: LoadRequest): string {
  const [before = '', after] = path.split('{new}');
  const lines = [
    `wrk.method = ${JSON.stringify(method)}`,
    `wrk.path = ${JSON.stringify(path)}`,
    ...Object.entries(headers).map(
      ([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
    ),
    ...(body === undefined ? [] : [`wrk.body = ${JSON.stringify(body)}`]),
    // Without a request function, wrk sends the same bytes each time, so that wrk itself costs little.
    ...(after === undefined
      ? []
      : [
          'local count = 0',
          'function request()',
          '  count = count + 1',
          `  return wrk.format(nil, ${JSON.stringify(`${before}${Date.now().toString(36)}-`)} .. count .. ${JSON.stringify(after)})`,
          'end',
        ]),
    ...(authorizations === undefined
      ? []
      : [
          `local logins = { ${authorizations.map((text) => JSON.stringify(text)).join(', ')} }`,
          `local turn = ${positions.get(authorizations) ?? 0}`,
          'function request()',
          '  turn = turn % #logins + 1',
          "  return wrk.format(nil, nil, { Authorization = logins[turn], Host = wrk.headers['Host'] })",
          'end',
        ]),
    ...(perSecond === undefined
      ? []
      : [
          "local ffi = require('ffi')",
          "ffi.cdef('typedef struct { long s; long us; } timeval; int gettimeofday(timeval *, void *);')",
          "local time = ffi.new('timeval')",
          'local due',
          '-- Returns how long a connection waits before its next request, in milliseconds.',
          'function delay()',
          '  ffi.C.gettimeofday(time, nil)',
          '  local now = tonumber(time.s) * 1000 + tonumber(time.us) / 1000',
          `  due = due and due + ${1000 / perSecond} or now`,
          '  return math.max(0, math.floor(due - now))',
          'end',
        ]),
    'function done(summary, latency)',
    '  local e = summary.errors',
    `  io.write(string.format('RESULT {"perSecond":%.0f,"p50":%.3f,"p99":%.3f,"failed":%d}\\n',`,
    '    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,',
    '    e.status + e.connect + e.read + e.write + e.timeout))',
    'end',
  ];
  return `${lines.join('\n')}\n`;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
