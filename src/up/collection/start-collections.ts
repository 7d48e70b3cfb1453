import type { Config } from '../../config/load.ts';
import { systemClock } from '../../clock.ts';
import { DockpassError, importLate, messageOf } from '../../errors.ts';
import type { RegistryEnvironment } from '../../registry/registry-environment.ts';
import { readWritesStop } from '../../writes/writes-stop.ts';
import type { ChildCommand } from '../process/child-process.ts';
import type { UpOptions } from '../options.ts';
import {
  defaultWaitMs,
  describeFreed,
  type CollectionRequest,
  type CollectionResult,
} from './collection-request.ts';
import type { CollectionParts } from './collections.ts';
import { startControl, type Collect } from './control.ts';

// `up` always listens for `dockpass gc`. Everything else is loaded when it is needed.

/**
 * Ends what an interrupted garbage collection has left behind. Call it before the edge starts.
 * @param writes the folder of the file that makes the edge stop writes
 * @throws DockpassError `part_failed`, `data_directory`
 */
export async function cleanUp(writes: string, registry: ChildCommand, log: UpOptions['log']): Promise<void> {
  const stop = await readWritesStop(writes);
  if (stop?.reason !== 'gc') return;
  const { cleanUpCollection } = await importLate(() => import('./collections.ts'));
  await cleanUpCollection(writes, stop, registry, log);
}

export interface Collections {
  /** Call it when the configuration has changed. */
  changed(config: Config): Promise<void>;
  /** Ends a garbage collection that is running, and stops listening. */
  stop(): Promise<void>;
}

/** Runs garbage collections when `dockpass gc` or the schedule asks, never two at once. */
export async function startCollections(
  { config, log }: Pick<UpOptions, 'config' | 'log'>,
  parts: CollectionParts,
  environment: RegistryEnvironment,
): Promise<Collections> {
  const stopping = new AbortController();
  let running: { readonly since: string; readonly ended: Promise<unknown> } | undefined;
  const collect: Collect = async (request, report) => {
    requireCollectable(environment);
    if (running !== undefined)
      throw new DockpassError(
        'gc_running',
        `a garbage collection is running since ${running.since}. Wait until it has ended: "dockpass status" shows it.`,
      );
    const work = collectLate(parts, request, report, stopping.signal);
    running = { since: new Date().toISOString(), ended: work.catch(() => undefined) };
    try {
      return await work;
    } finally {
      running = undefined;
    }
  };
  const stopControl = await startControl(config.up.directory, collect);

  let { at } = config.gc;
  let stopSchedule: (() => Promise<void>) | undefined;
  const schedule = async (): Promise<void> => {
    if (at === null || stopSchedule !== undefined) return;
    const { startSchedule } = await importLate(() => import('../../schedule/start-schedule.ts'));
    const run = async (): Promise<void> => {
      const request = { dryRun: false, waitMs: defaultWaitMs, actor: 'dockpass up: gc.at' };
      const result = await collect(request, (step) => log.info(`garbage collection: ${step}`));
      log.info(`garbage collection has freed ${describeFreed(result)}`);
    };
    stopSchedule = startSchedule(
      [{ name: 'garbage collection', at: () => at ?? undefined, run }],
      systemClock,
      {
        onFailure: ({ name }, error) => log.error(`the scheduled ${name} failed: ${messageOf(error)}`, error),
        onSkip: ({ name }, why) => log.warn(`the scheduled ${name} does not run: ${why}`),
      },
    );
  };
  await schedule();
  return {
    changed: async (changed) => {
      ({ at } = changed.gc);
      await schedule();
    },
    stop: async () => {
      stopping.abort(new DockpassError('part_failed', 'dockpass is stopping, so nothing more is collected.'));
      await stopSchedule?.();
      await running?.ended;
      await stopControl();
    },
  };
}

async function collectLate(
  parts: CollectionParts,
  request: CollectionRequest,
  report: (text: string) => void,
  signal: AbortSignal,
): Promise<CollectionResult> {
  const { collectGarbage } = await importLate(() => import('./collections.ts'));
  return collectGarbage(parts, request, report, signal);
}

/** @throws DockpassError `gc_by_hand` if dockpass cannot know whether pushes are in progress */
function requireCollectable({ storesInFolder, variables }: RegistryEnvironment): void {
  if (!storesInFolder)
    throw new DockpassError(
      'gc_by_hand',
      'the registry does not store its images in a folder, so dockpass cannot see whether pushes are in progress. Nothing was changed. Collect by hand as docs/garbage-collection.md describes: stop pushes with "dockpass writes stop", wait until the pushes that have begun have ended, run the garbage collector of the registry, and run "dockpass writes start".',
    );
  const cache = Object.keys(variables).find(
    (name) => name.startsWith('REGISTRY_STORAGE_CACHE') && /inmemory|redis/.test(variables[name] ?? ''),
  );
  if (cache !== undefined)
    throw new DockpassError(
      'gc_by_hand',
      `${cache} makes the registry remember blobs, so after a garbage collection it would take deleted layers for present, and images that are pushed later would be incomplete. Nothing was changed. Unset the variable, restart "dockpass up", and try again.`,
    );
}
