import { readFileSync } from 'node:fs';

/** The number of bytes that a process has read and written: files, pipes and sockets. */
export interface ProcessIo {
  readonly read: number;
  readonly written: number;
  /** The number of bytes that the process wrote to disks. */
  readonly onDisk: number;
}

/** Reads /proc/PID/io (Linux). To measure an operation, subtract the values before it from the values after it. */
export function ioOf(pid: number): ProcessIo {
  const text = readFileSync(`/proc/${pid}/io`, 'utf8');
  const field = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1]);
  return { read: field('rchar'), written: field('wchar'), onDisk: field('write_bytes') };
}
