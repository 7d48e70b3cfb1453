import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** What a process has cost until now, as the kernel counts it (Linux). Take it before and after, and compare. */
export interface Cost {
  /** Nanoseconds of computing, on all its threads. */
  readonly computed: number;
  /** Bytes through its reads and writes: files, pipes and sockets alike. */
  readonly passed: number;
  /** Bytes that it gave to a disk; what stays in a tmpfs is not counted. */
  readonly onDisk: number;
}

export const nothing: Cost = { computed: 0, passed: 0, onDisk: 0 };

/** Of a process alone. */
export function costOf(pid: number): Cost {
  // sched-stats: the first number is nanoseconds on a processor; /proc/PID/stat counts in ticks of 10 ms.
  const computed = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readIfThere(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0]),
  );
  const io = readFileSync(`/proc/${pid}/io`, 'utf8');
  const field = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(io)?.[1]);
  return {
    computed: computed.reduce((sum, each) => sum + each, 0),
    passed: field('rchar') + field('wchar'),
    onDisk: field('write_bytes'),
  };
}

/** Of a process and all that it started, as nginx's master started its workers. */
export function costOfFamily(pid: number): Cost {
  return [pid, ...descendantsOf(pid)].map(costOf).reduce(plus, nothing);
}

export function plus(one: Cost, other: Cost): Cost {
  return combined(one, other, 1);
}

export function minus(one: Cost, other: Cost): Cost {
  return combined(one, other, -1);
}

function combined(one: Cost, other: Cost, sign: 1 | -1): Cost {
  return {
    computed: one.computed + sign * other.computed,
    passed: one.passed + sign * other.passed,
    onDisk: one.onDisk + sign * other.onDisk,
  };
}

/** What this process started under this name. @throws where there is no such process */
export function childNamed(pid: number, name: string): number {
  const found = descendantsOf(pid).find((child) => readIfThere(`/proc/${child}/comm`).trim() === name);
  if (found === undefined) throw new Error(`no ${name} among what ${pid} started`);
  return found;
}

function descendantsOf(pid: number): number[] {
  const threads = existsSync(`/proc/${pid}/task`) ? readdirSync(`/proc/${pid}/task`) : [];
  const children = threads.flatMap((thread) =>
    readIfThere(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Threads and processes end while they are being looked at. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
