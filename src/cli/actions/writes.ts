import type { Command } from 'commander';
import { describePerson } from '../../admin/people/actor.ts';
import { startWritesByHand, stopWritesByHand } from '../../admin/writes/stop-writes.ts';
import { systemClock } from '../../clock.ts';
import { DockpassError } from '../../errors.ts';
import { writesFolder } from '../../writes/writes-folder.ts';
import { readWritesStop, type WritesStop } from '../../writes/writes-stop.ts';
import { withStore } from '../context.ts';
import { formatTime, say } from '../output.ts';
import { runningConfig } from '../running/running-up.ts';

/** Makes the edge stop pushes and deletions. */
export async function stop(command: Command): Promise<void> {
  await withStore(command, async (store, config) => {
    const folder = writesFolder(await runningConfig(config));
    const before = await stopWritesByHand(store, systemClock, folder, `cli: ${describePerson(process.env)}`);
    if (before !== undefined) say(`pushes are already stopped, ${describeStop(before)}`);
    else
      say(
        `pushes are stopped: the edge answers them with 503 within a second, if it looks for the file in ${folder}. Uploads that are being sent go on. To check this, send a push: curl -i -X POST https://HOST/v2/dockpass-doctor/scratch/blobs/uploads/. To start pushes again, run "dockpass writes start"`,
      );
  });
}

/** Makes the edge pass on pushes and deletions again. */
export async function start(command: Command): Promise<void> {
  await withStore(command, async (store, config) => {
    const folder = writesFolder(await runningConfig(config));
    if ((await readWritesStop(folder))?.reason === 'gc')
      throw new DockpassError(
        'gc_running',
        '"dockpass gc" has stopped pushes, and starts them when it has ended. If "dockpass up" was killed meanwhile, start it again: it then ends what is left of the garbage collection, and starts pushes.',
      );
    const before = await startWritesByHand(store, systemClock, folder);
    say(
      before === undefined
        ? 'pushes were not stopped'
        : `pushes work again. They were stopped ${describeStop(before)}`,
    );
  });
}

/** Describes a stop: `since 2026-11-29T10:00:00Z by alice on build1`. */
export function describeStop({ since, by }: WritesStop): string {
  return `since ${formatTime(Math.floor(since / 1000))} by ${by}`;
}
