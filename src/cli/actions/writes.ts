import type { Command } from 'commander';
import { describePerson } from '../../admin/people/actor.ts';
import { startWritesByHand, stopWritesByHand } from '../../admin/writes/stop-writes.ts';
import { systemClock } from '../../clock.ts';
import { findDomains, reachableDomains } from '../../doctor/domains.ts';
import { findPassedWrite } from '../../doctor/edge/edge-stops-writes.ts';
import { urlOf } from '../../doctor/network/http-request.ts';
import { DockpassError, messageOf } from '../../errors.ts';
import { stoppedFile } from '../../writes/names.ts';
import { writesFolder } from '../../writes/writes-folder.ts';
import { readWritesStop, type WritesStop } from '../../writes/writes-stop.ts';
import { withStore } from '../context.ts';
import { formatTime, say } from '../output.ts';
import { runningConfig } from '../running/running-up.ts';

/** How long an edge may take to stop pushes, in milliseconds. */
const edgeTimeoutMs = 3000;

const noOverrides = { edge: undefined, resolve: [], registries: [] };

/** Makes the edge stop pushes and deletions, and looks whether it does. */
export async function stop(command: Command): Promise<void> {
  await withStore(command, async (store, local) => {
    const { config, isUp } = await runningConfig(local);
    const folder = writesFolder(config);
    const before = await stopWritesByHand(store, systemClock, folder, `cli: ${describePerson(process.env)}`);
    if (before !== undefined) say(`pushes are already stopped, ${describeStop(before)}`);
    const domains = reachableDomains(
      await findDomains(config, noOverrides, isUp ? 'own edge' : 'other edge'),
    );
    const passing: string[] = [];
    for (const { target } of domains) {
      const answer = await findPassedWrite(target, edgeTimeoutMs).catch(messageOf);
      if (answer === undefined) say(`pushes to ${urlOf(target)} are stopped`);
      else passing.push(`${urlOf(target)} (${answer})`);
    }
    if (passing.length > 0)
      throw new DockpassError(
        'part_failed',
        `the edge still passes pushes on: ${passing.join(', ')}. It must be able to see the file ${folder}/${stoppedFile}. If its configuration is from an earlier version of dockpass, write it again with "dockpass init --edge-only". To undo the stop, run "dockpass writes start".`,
      );
    if (domains.length === 0)
      say(
        `${folder}/${stoppedFile} is created. dockpass cannot reach the edge under a configured domain. Check yourself that this prints 503: curl --silent --output /dev/null --write-out '%{http_code}' --request POST https://HOST/v2/dockpass-doctor/scratch/blobs/uploads/`,
      );
    say('uploads that are being sent go on. To start pushes again, run "dockpass writes start"');
  });
}

/** Makes the edge pass on pushes and deletions again. */
export async function start(command: Command): Promise<void> {
  await withStore(command, async (store, local) => {
    const folder = writesFolder((await runningConfig(local)).config);
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
