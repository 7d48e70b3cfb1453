// Cleans up after a vitest run: node test/support/run/clean-up.ts PID
// On Ctrl-C, vitest runs neither hooks nor its global teardown, and its workers are killed. That is why a separate
// process cleans up. It waits until its stdin is closed, which happens when the run ends for any reason. Then it stops
// and removes everything that the run has left. Normally this is only the Docker engines, which all test files share.
import { readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { engineDirectory, engineNames, removeBridge, stopEngine } from '../client/engine-process.ts';
import { runDirectory, runMarker, runPrefix } from './environment.ts';
import { removeHostNames } from './hosts-file.ts';
import { hostsAddress } from './hosts.ts';
import { isAlive, processesWith, seeProcess, untilGone } from '../process/process-tree.ts';

const ownRun = Number(process.argv[2]);

// Ignore signals that are sent to all processes of a terminal, because this process must run until it has cleaned up.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

await new Promise((resolve) => process.stdin.resume().once('close', resolve));
// Also clean up after earlier runs whose clean-up process was killed.
const runs = new Set([ownRun, ...knownRuns().filter((pid) => seeProcess(pid) === undefined)]);
for (const run of runs) await cleanUp(run);
if (process.getuid?.() === 0) {
  if (knownRuns().length === 0) removeBridge();
  removeHostNames(hostsAddress, ownRun);
}

async function cleanUp(run: number): Promise<void> {
  for (const name of engineNames) await stopEngine(engineDirectory(run, name));
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
