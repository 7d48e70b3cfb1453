import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { childEnvironment } from './environment.ts';
import { seeProcess } from '../process/process-tree.ts';

const file = '/etc/hosts';
const marker = '# dockpass test';

/** Lets these names lead to an address that this machine gets for them, while the process `runPid` lives. */
export function addHostNames(names: readonly string[], address: string, runPid: number): void {
  const { status, stderr } = ip('replace', address);
  if (status !== 0) throw new Error(`no address ${address} for the tests: ${stderr}`);
  const lines = names.map((name) => `${address} ${name} ${marker} ${runPid}`);
  writeFileSync(file, [readFileSync(file, 'utf8').replace(/\n*$/, ''), ...lines, ''].join('\n'));
}

/** Takes away the lines of all runs that are over (`endedRun` is, too), and the address with the last of them. */
export function removeHostNames(address: string, endedRun?: number): void {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(marker)) return;
  const rest = text
    .split('\n')
    .filter((line) => !isLeftOver(line, endedRun))
    .join('\n');
  // Written in place, never renamed over: in a container /etc/hosts is a mount of its own.
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
