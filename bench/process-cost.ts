import { existsSync, readdirSync, readFileSync } from 'node:fs';

/**
 * What a process has used since its start, as Linux counts it. To measure an operation, subtract the value before it
 * from the value after it.
 */
export interface Cost {
  /** Processor time of all its threads, in nanoseconds. */
  readonly computed: number;
  /** Bytes that it read and wrote, in files, pipes and sockets. */
  readonly passed: number;
  /** Bytes that it wrote to disks. Writes to a tmpfs do not count. */
  readonly onDisk: number;
}

export const nothing: Cost = { computed: 0, passed: 0, onDisk: 0 };

/** The cost of one process, without its children. */
export function costOf(pid: number): Cost {
  // The first number in schedstat is the processor time in nanoseconds. /proc/PID/stat counts only in ticks of 10 ms.
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

/** The cost of a process and all its descendants, such as the workers of nginx. */
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

/** Finds a child of this process by its name. @throws if there is no such child */
export function childNamed(pid: number, name: string): number {
  const found = descendantsOf(pid).find((child) => readIfThere(`/proc/${child}/comm`).trim() === name);
  if (found === undefined) throw new Error(`process ${pid} has no child named ${name}`);
  return found;
}

function descendantsOf(pid: number): number[] {
  const threads = existsSync(`/proc/${pid}/task`) ? readdirSync(`/proc/${pid}/task`) : [];
  const children = threads.flatMap((thread) =>
    readIfThere(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Returns an empty text if the file does not exist: threads and processes may exit while they are being measured. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
