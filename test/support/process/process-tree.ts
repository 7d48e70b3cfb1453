import { readdirSync, readFileSync } from 'node:fs';

interface Entry {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
  /**
   * The start time in clock ticks since boot. Pid and start time identify a process even after its pid is used again.
   */
  readonly startedAt: string;
}

/** A process that was running when it was looked up. */
export interface Seen {
  readonly pid: number;
  readonly startedAt: string;
  readonly command: string;
}

/** Finds all descendants of the process `pid` in /proc. On systems without /proc, it finds none. */
export function descendantsOf(pid: number): Seen[] {
  const entries = allProcesses();
  const found: Seen[] = [];
  const queue = [pid];
  for (let parent = queue.shift(); parent !== undefined; parent = queue.shift()) {
    for (const entry of entries) {
      if (entry.parent !== parent) continue;
      queue.push(entry.pid);
      found.push({ pid: entry.pid, startedAt: entry.startedAt, command: commandOf(entry.pid) });
    }
  }
  return found;
}

/** Whether the process still runs. A zombie, whose parent has not read its exit status yet, does not count. */
export function isAlive(seen: Seen): boolean {
  const entry = entryOf(seen.pid);
  return entry !== undefined && entry.startedAt === seen.startedAt && entry.state !== 'Z';
}

/** Looks up the process that has this pid now. Undefined if there is none, or only a zombie. */
export function seeProcess(pid: number): Seen | undefined {
  const entry = entryOf(pid);
  if (entry === undefined || entry.state === 'Z') return undefined;
  return { pid, startedAt: entry.startedAt, command: commandOf(pid) };
}

/** Finds all processes that have this environment variable, and their descendants. */
export function processesWith(variable: string, value: string): Seen[] {
  const marked = allProcesses()
    .filter(({ pid, state }) => state !== 'Z' && environmentOf(pid).includes(`${variable}=${value}`))
    .map(({ pid, startedAt }) => ({ pid, startedAt, command: commandOf(pid) }));
  const all = new Map(marked.map((seen) => [seen.pid, seen]));
  for (const { pid } of marked) for (const child of descendantsOf(pid)) all.set(child.pid, child);
  return [...all.values()];
}

/** Waits until all processes have ended. Returns false if one still runs after `timeout` milliseconds. */
export async function untilGone(processes: readonly Seen[], timeout: number): Promise<boolean> {
  const deadline = Date.now() + timeout;
  while (processes.some(isAlive)) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    // The process has ended in the meantime, or belongs to another user.
    return [];
  }
}

function allProcesses(): Entry[] {
  const entries: Entry[] = [];
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  for (const name of names) {
    const entry = /^\d+$/.test(name) ? entryOf(Number(name)) : undefined;
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

function entryOf(pid: number): Entry | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command in parentheses may contain spaces and parentheses, so count the fields after the last parenthesis.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { pid, state: fields[0] ?? '', parent: Number(fields[1]), startedAt: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
  } catch {
    return '';
  }
}
