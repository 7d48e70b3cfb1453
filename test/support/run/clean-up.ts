// Clears up after a vitest run: node test/support/run/clean-up.ts PID
// vitest runs neither hooks nor its global teardown on Ctrl-C, and its workers are killed; so this is a process of its
// own. It waits for the end of its stdin, which closes with the run, however that ended, and then stops and removes
// what the run has left: nothing, normally, but the docker engine, which all files share.
import { readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { engineDirectory, removeBridge, stopEngine } from '../client/engine-process.ts';
import { runDirectory, runMarker, runPrefix } from './environment.ts';
import { removeHostNames } from './hosts-file.ts';
import { hostsAddress } from './hosts.ts';
import { isAlive, processesWith, seeProcess, untilGone } from '../process/process-tree.ts';

const ownRun = Number(process.argv[2]);

// Ctrl-C reaches the whole terminal session; this one has to outlive it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

await new Promise((resolve) => process.stdin.resume().once('close', resolve));
// Also the runs whose janitor was killed too.
const runs = new Set([ownRun, ...knownRuns().filter((pid) => seeProcess(pid) === undefined)]);
for (const run of runs) await clearUp(run);
if (process.getuid?.() === 0) {
  if (knownRuns().length === 0) removeBridge();
  removeHostNames(hostsAddress, ownRun);
}

async function clearUp(run: number): Promise<void> {
  await stopEngine(engineDirectory(run));
  const left = processesWith(runMarker, String(run)).filter(({ pid }) => pid !== process.pid);
  for (const seen of left) if (isAlive(seen)) process.kill(seen.pid, 'SIGTERM');
  await untilGone(left, 5_000);
  for (const seen of left) if (isAlive(seen)) process.kill(seen.pid, 'SIGKILL');
  rmSync(runDirectory(run), { recursive: true, force: true });
}

function knownRuns(): number[] {
  return readdirSync(tmpdir())
    .filter((name) => name.startsWith(runPrefix))
    .map((name) => Number(name.slice(runPrefix.length)));
}
