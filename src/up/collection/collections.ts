import { change } from '../../admin/change.ts';
import { withActor } from '../../admin/people/actor.ts';
import type { TokenServer } from '../../app/server.ts';
import { systemClock } from '../../clock.ts';
import { findPassedWrite } from '../../doctor/edge/edge-stops-writes.ts';
import type { Target } from '../../doctor/network/http-request.ts';
import { DockpassError, messageOf } from '../../errors.ts';
import type { Log } from '../../observe/log.ts';
import { sumOf, sumOfBlobs } from '../../registry/storage/blob-sizes.ts';
import { foldersIn, repositoriesFolder } from '../../registry/storage/folders.ts';
import { readWritesStop, startWrites, stopWrites, type WritesStop } from '../../writes/writes-stop.ts';
import type { ChildCommand } from '../process/child-process.ts';
import { runCollector } from './collector.ts';
import { describeFreed, type CollectionRequest, type CollectionResult } from './collection-request.ts';
import { endCollectors } from './find-collectors.ts';
import { nameSome, waitForPushes } from './wait-for-pushes.ts';

/** How long the edge may take until it stops writes, in milliseconds. */
const edgeTimeoutMs = 5000;

export interface CollectionParts {
  /** The command that runs the registry. */
  readonly registry: ChildCommand;
  /** The folder in which the registry stores the images. */
  readonly storage: string;
  /** The folder of the file that makes the edge stop writes. */
  readonly writes: string;
  /** The edge, as a client on this machine reaches it. */
  readonly edge: Target;
  readonly server: Pick<TokenServer, 'store' | 'writes'>;
  readonly log: Log;
}

/**
 * Frees the disk space of blobs that no image uses. Pushes that begin meanwhile get 503. Pulls never stop, because the
 * registry keeps running.
 * @param report receives each step
 * @throws DockpassError `pushes_go_on`, `part_failed`, `data_directory`
 */
export async function collectGarbage(
  parts: CollectionParts,
  request: CollectionRequest,
  report: (text: string) => void,
  signal: AbortSignal,
): Promise<CollectionResult> {
  if (request.dryRun) {
    const blobs = await findGarbage(parts, request, signal);
    return { dryRun: true, blobs: blobs.length, bytes: await sumOf(parts.storage, blobs) };
  }
  const record = recorder(parts, request);
  await record('garbage collection begun');
  try {
    const result = await withWritesStopped(parts, request, signal, report, () =>
      collect(parts, report, signal),
    );
    await record(`garbage collection done: ${describeFreed(result)}`);
    return result;
  } catch (error) {
    await record(`garbage collection failed: ${messageOf(error).split(/\.? ?(?:Last output:)?\n/)[0]}`);
    throw error;
  }
}

function recorder({ server, log }: CollectionParts, { actor }: CollectionRequest) {
  const store = withActor(server.store, { address: '', client: actor });
  return async (what: string): Promise<void> => {
    log.info(what, { by: actor });
    await change(store, systemClock, { subject: '', what }, async () => {});
  };
}

/** Runs the collector. It fails if nothing was pushed yet, so it does not run then. */
async function findGarbage(
  { registry, storage }: CollectionParts,
  options: { readonly dryRun: boolean },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const isEmpty = (await foldersIn(repositoriesFolder(storage))).length === 0;
  return isEmpty ? [] : runCollector(registry, options, signal);
}

async function collect(
  parts: CollectionParts,
  report: (text: string) => void,
  signal: AbortSignal,
): Promise<CollectionResult> {
  report('no push is in progress; the garbage collector of the registry is running');
  const { storage } = parts;
  const before = await sumOfBlobs(storage);
  const blobs = await findGarbage(parts, { dryRun: false }, signal);
  return { dryRun: false, blobs: blobs.length, bytes: Math.max(0, before - (await sumOfBlobs(storage))) };
}

/** Runs `work` while nothing can be written. Afterwards, writes are as they were before. */
async function withWritesStopped<Result>(
  parts: CollectionParts,
  { waitMs, actor }: CollectionRequest,
  signal: AbortSignal,
  report: (text: string) => void,
  work: () => Promise<Result>,
): Promise<Result> {
  const { registry, storage, writes, server, log } = parts;
  const before = await readWritesStop(writes);
  const stop = async (): Promise<void> => {
    await stopWrites(writes, { since: systemClock(), by: actor, reason: 'gc', ...(before && { before }) });
    await requireStopped(parts.edge);
    report('new pushes have to wait; pulls go on');
  };
  try {
    const onWait = (repositories: readonly string[]): void =>
      report(`waiting for pushes that have begun: ${nameSome(repositories)}`);
    await waitForPushes({ storage, gate: server.writes, stopWrites: stop, waitMs, onWait, signal });
    return await work();
  } finally {
    server.writes.mayWrite = undefined;
    // If dockpass could not end the collector, writes stay stopped, because the two must not meet.
    await endCollectors(registry.args.at(-1) ?? '', registry.user).catch((error: unknown) => {
      log.error('pushes stay stopped', error);
      throw error;
    });
    await resumeWrites(writes, before);
    report(before === undefined ? 'pushes work again' : 'pushes stay stopped, as they were before');
  }
}

function resumeWrites(writes: string, before: WritesStop | undefined): Promise<void> {
  return before === undefined ? startWrites(writes) : stopWrites(writes, before);
}

/**
 * Ends what a `dockpass up` that was killed has left behind, and makes the edge pass on writes again. Call it before the
 * edge starts.
 * @throws DockpassError `part_failed` if a collector is still running
 */
export async function cleanUpCollection(
  writes: string,
  { before }: WritesStop,
  { args, user }: Pick<ChildCommand, 'args' | 'user'>,
  log: Log,
): Promise<void> {
  log.warn('the last garbage collection was interrupted. What it has not deleted, the next one deletes.');
  await endCollectors(args.at(-1) ?? '', user);
  await resumeWrites(writes, before);
}

/**
 * Waits until the edge stops writes.
 * @throws DockpassError `part_failed` if it does not, for example because its user may not see the file
 */
async function requireStopped(edge: Target): Promise<void> {
  const answer = await findPassedWrite(edge, edgeTimeoutMs).catch(messageOf);
  if (answer === undefined) return;
  throw new DockpassError(
    'part_failed',
    `nothing was collected, because the edge does not stop pushes (${answer}). Check that the user of the edge can see the files in the folder that the setting "writes.directory" names.`,
  );
}
