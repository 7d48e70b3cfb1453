import { setTimeout as delay } from 'node:timers/promises';
import { DockpassError } from '../../errors.ts';
import type { TokenServer } from '../../app/server.ts';
import { isPushInProgress } from '../../registry/storage/push-in-progress.ts';
import { repositoriesIn } from '../../registry/storage/repositories.ts';

/** How often dockpass looks whether pushes have ended, in milliseconds. */
const lookEveryMs = 200;
/**
 * How long nothing may happen before a push counts as ended, in milliseconds. A push of an image for several platforms
 * consists of several manifests, and has no open upload between them.
 */
const quietMs = 2000;
/**
 * How long a request may take from the edge to the storage, in milliseconds. Requests that passed the edge before it
 * stopped them have begun an upload or stored a manifest then.
 */
const settleMs = 1000;

export interface WaitOptions {
  /** The folder in which the registry stores the images. */
  readonly storage: string;
  readonly gate: TokenServer['writes'];
  /** Makes the edge ask about each request that could write. */
  readonly stopWrites: () => Promise<void>;
  /** How long to wait at most, in milliseconds. */
  readonly waitMs: number;
  readonly onWait: (repositories: readonly string[]) => void;
  readonly signal: AbortSignal;
}

/**
 * Stops writes, and waits until all pushes that have begun have ended. A repository with such a push stays writable
 * until then. When this function returns, nothing can be written.
 * @throws DockpassError `pushes_go_on` if pushes have not ended after `waitMs`
 * @throws the reason of the signal
 */
export async function waitForPushes({
  storage,
  gate,
  stopWrites,
  waitMs,
  onWait,
  signal,
}: WaitOptions): Promise<void> {
  const deadline = Date.now() + waitMs;
  const admitted = new Set<string>();
  const isBusy = (repository: string): Promise<boolean> => isPushInProgress(storage, repository, Date.now());
  const findBusy = async (names: Iterable<string> | AsyncIterable<string>): Promise<string[]> => {
    const busy: string[] = [];
    for await (const name of names) if (await isBusy(name)) busy.push(name);
    signal.throwIfAborted();
    return busy;
  };
  const mayWrite = async (repository: string): Promise<boolean> => {
    if (!admitted.has(repository) && !(await isBusy(repository))) return false;
    admitted.add(repository);
    // Writes may have been closed while the storage was read.
    return gate.mayWrite === mayWrite;
  };
  // The edge must not stop a push that has begun, so the answers to its questions are ready before it asks.
  gate.mayWrite = mayWrite;
  await stopWrites();
  let busy = await findBusy(repositoriesIn(storage));
  for (;;) {
    for (const name of busy) admitted.add(name);
    if (admitted.size > 0) {
      if (busy.length > 0) onWait(busy);
      let busyAt = Date.now();
      while (Date.now() - busyAt < quietMs) {
        if (Date.now() >= deadline) throw stillBusy(busy.length > 0 ? busy : [...admitted]);
        await delay(lookEveryMs, undefined, { signal });
        busy = await findBusy([...admitted]);
        if (busy.length > 0) busyAt = Date.now();
      }
    }
    gate.mayWrite = undefined;
    await delay(settleMs, undefined, { signal });
    busy = await findBusy(repositoriesIn(storage));
    if (busy.length === 0) return;
    gate.mayWrite = mayWrite;
  }
}

function stillBusy(repositories: readonly string[]): DockpassError {
  return new DockpassError(
    'pushes_go_on',
    `nothing was collected, because pushes to these repositories have not ended: ${nameSome(repositories)}. Try again later, or wait longer with --wait 30m.`,
  );
}

/** Joins the first names, and says how many there are more. */
export function nameSome(names: readonly string[]): string {
  const first = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${first} and ${names.length - 5} more` : first;
}
