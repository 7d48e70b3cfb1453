import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Milliseconds. The period is short, so that a process that has used up its share only waits for a moment. */
const period = 20;

/** A control group that limits processes to a share of one processor core. */
export interface Share {
  hold(pid: number): void;
  /** Removes the control group. Call it after the processes have exited. */
  remove(): void;
}

/**
 * Limits processes to the same small share of a core, so that the throughput of four processes can be compared with
 * that of one on a machine with only two cores.
 * @param part the share of one core, between 0 and 1
 * @returns undefined if this is not possible: it needs root and control groups of version 1
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
