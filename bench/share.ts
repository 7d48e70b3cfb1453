import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Milliseconds; short, so that a process that has used up its share waits for a moment only. */
const period = 20;

/** A part of one core, which a process gets and never more. */
export interface Share {
  hold(pid: number): void;
  /** Once the processes have ended. */
  remove(): void;
}

/**
 * Undefined where the machine cannot (this takes root, and control groups of version 1). With it, what four processes do
 * can be seen on a machine with two cores: each is held to the same small part of one.
 * @param part of one core
 */
export function shareOfCore(part: number, name: string): Share | undefined {
  const own = /^\d+:cpu(?:,cpuacct)?:(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
  if (own === undefined) return undefined;
  const directory = join('/sys/fs/cgroup/cpu', own, `dockpass-bench-${process.pid}-${name}`);
  try {
    mkdirSync(directory);
    writeFileSync(join(directory, 'cpu.cfs_period_us'), String(period * 1000));
    writeFileSync(join(directory, 'cpu.cfs_quota_us'), String(Math.round(part * period * 1000)));
  } catch {
    return undefined;
  }
  return {
    hold: (pid) => writeFileSync(join(directory, 'cgroup.procs'), String(pid)),
    remove: () => rmdirSync(directory),
  };
}
