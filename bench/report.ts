import { arch, cpus } from 'node:os';
import type { Memory } from './memory.ts';
import type { StartUp } from './start-up.ts';
import { table } from './table.ts';
import type { Throughput } from './throughput.ts';

export interface Report {
  /** The load average of the machine before the benchmark. Above 0.5, other programs distort the figures. */
  readonly loadBefore: number;
  readonly startUp: StartUp;
  readonly memory: Memory;
  readonly throughput: Throughput;
}

/** Times are in milliseconds, sizes in bytes. */
export const targets = { firstToken: 300, idle: 100_000_000 };

/** Formats the report as tables for people. */
export function formatReport({ loadBefore, startUp, memory, throughput }: Report): string {
  const [yardstick] = throughput.bare;
  const hasPeer = throughput.cases.some(({ peer }) => peer !== undefined);
  const bare = throughput.bare.map(({ bodyLength, perSecond, p99, cpu }) => [
    `bare node:http, ${bodyLength} bytes`,
    count(perSecond),
    milliseconds(p99),
    microseconds(cpu),
    (perSecond / (yardstick?.perSecond ?? 0)).toFixed(2),
  ]);
  const measured = throughput.cases.map(({ name, atLeast, ratio, dockpass, peer }) => [
    name,
    count(dockpass.perSecond),
    milliseconds(dockpass.p99),
    microseconds(dockpass.cpu),
    ratio.toFixed(2),
    `≥ ${atLeast}`,
    verdict(ratio >= atLeast && dockpass.failed === 0, dockpass.failed),
    ...(peer === undefined ? [] : [count(peer.perSecond), milliseconds(peer.p99), failures(peer.failed)]),
  ]);
  const heading = ['', 'requests/s', 'p99', 'cpu', 'ratio', 'target', ''];
  const single = [
    ['', 'measured', 'target'],
    time('first token after start', startUp.firstToken, targets.firstToken),
    time('first token, without compile cache', startUp.firstTokenUncached),
    space('memory, idle after start', memory.idle, targets.idle),
    space('memory, idle, all modules loaded', memory.idleAllLoaded),
    space('memory, idle after the load', throughput.memoryAfterLoad),
  ];
  return [
    `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? arch()}; wrk, 1 thread, 32 connections`,
    `load average before: ${loadBefore.toFixed(1)}${loadBefore > 0.5 ? ' (the machine is busy, so the ratios are too low)' : ''}`,
    '',
    ...table([[...heading, ...(hasPeer ? ['peer, requests/s', 'p99', ''] : [])], ...bare, ...measured]),
    `ratio: requests/s relative to bare node:http with ${yardstick?.bodyLength} bytes, the length of a token answer`,
    'cpu: processor time of all threads for one request; on a busy machine, it varies less than the ratio',
    '',
    ...table(single),
  ].join('\n');
}

function time(name: string, value: number, target?: number): string[] {
  return [
    name,
    milliseconds(value),
    ...(target === undefined ? [] : [`≤ ${target} ms`, verdict(value <= target)]),
  ];
}

function space(name: string, value: number, target?: number): string[] {
  return [
    name,
    megabytes(value),
    ...(target === undefined ? [] : [`≤ ${megabytes(target)}`, verdict(value <= target)]),
  ];
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}

function microseconds(value: number | undefined): string {
  return value === undefined ? '' : `${value.toFixed(0)} µs`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

function verdict(reached: boolean, failed = 0): string {
  return failures(failed) || (reached ? 'ok' : 'MISSED');
}

function failures(failed: number): string {
  return failed === 0 ? '' : `${count(failed)} FAILED`;
}
