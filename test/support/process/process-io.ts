import { readFileSync } from 'node:fs';

/** Bytes that passed through a process's own reads and writes: files, pipes and sockets alike. */
export interface ProcessIo {
  readonly read: number;
  readonly written: number;
  /** Bytes that it gave to a disk. */
  readonly onDisk: number;
}

/** /proc/PID/io (Linux). Take it before and after, and compare. */
export function ioOf(pid: number): ProcessIo {
  const text = readFileSync(`/proc/${pid}/io`, 'utf8');
  const field = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1]);
  return { read: field('rchar'), written: field('wchar'), onDisk: field('write_bytes') };
}
