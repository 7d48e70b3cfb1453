import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { childEnvironment } from './environment.ts';
import { seeProcess } from '../process/process-tree.ts';

const file = '/etc/hosts';
const marker = '# dockpass test';

/**
 * Adds the address to this machine, and adds lines to /etc/hosts that resolve the names to it. The lines contain
 * `runPid`, so that they can be removed after this process has ended.
 */
export function addHostNames(names: readonly string[], address: string, runPid: number): void {
  const { status, stderr } = ip('replace', address);
  if (status !== 0) throw new Error(`cannot add the address ${address} for the tests: ${stderr}`);
  const lines = names.map((name) => `${address} ${name} ${marker} ${runPid}\n`);
  const separator = readFileSync(file, 'utf8').endsWith('\n') ? '' : '\n';
  // Two runs can start at the same time (.ci/run). Appending keeps the lines of both.
  appendFileSync(file, separator + lines.join(''));
}

/** Removes the lines of `endedRun` and of all runs that have ended. If no line is left, removes the address too. */
export function removeHostNames(address: string, endedRun?: number): void {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(marker)) return;
  const rest = text
    .split('\n')
    .filter((line) => !isLeftOver(line, endedRun))
    .join('\n');
  if (rest === text) return;
  // The file is written in place and not replaced by renaming, because in a container /etc/hosts is a mount point.
  writeFileSync(file, rest);
  if (!rest.includes(marker)) ip('delete', address);
}

function isLeftOver(line: string, endedRun: number | undefined): boolean {
  const at = line.indexOf(marker);
  if (at < 0) return false;
  const run = Number(line.slice(at + marker.length));
  return run === endedRun || seeProcess(run) === undefined;
}

function ip(action: 'replace' | 'delete', address: string): { status: number | null; stderr: string } {
  return spawnSync('ip', ['address', action, `${address}/32`, 'dev', 'lo'], {
    encoding: 'utf8',
    env: childEnvironment(),
  });
}
