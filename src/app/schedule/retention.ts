import type { createImageRegistries } from '../../admin/images/image-registry.ts';
import { retentionOf } from '../../admin/retention/open-retention.ts';
import { runScheduled } from '../../admin/retention/scheduled-run.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import type { Log } from '../../observe/log.ts';
import { lastTime } from '../../schedule/last-time.ts';
import { startSchedule } from '../../schedule/start-schedule.ts';
import type { Store } from '../../store/store.ts';

export interface RetentionScheduleParts {
  readonly store: Store;
  /** The registries that the API also uses, so that both know the same manifests. */
  readonly images: ReturnType<typeof createImageRegistries>;
  readonly clock: Clock;
  readonly log: Log;
  /** Returns the configuration in force. It follows reloads. */
  readonly config: () => Config;
}

/**
 * Runs retention at the times of the setting `retentionSchedule`. Import this file late.
 * @returns a function that stops the schedule, and waits until a deletion that has begun is done
 */
export function startRetentionSchedule({
  store,
  images,
  clock,
  log,
  config,
}: RetentionScheduleParts): () => Promise<void> {
  const run = async (signal: AbortSignal): Promise<void> => {
    const settings = config();
    const { at, apply } = settings.retentionSchedule;
    if (at === null) return;
    const parts = retentionOf(images(settings), settings, store, clock);
    const result = await runScheduled(parts, { apply, dueAt: lastTime(at, clock()), signal });
    if (result === undefined) return;
    const { id, deletions } = result;
    log.info(
      apply
        ? `retention: the plan ${id} with ${deletions} deletions is applied`
        : `retention: the plan ${id} with ${deletions} deletions is made. To apply it, run: dockpass retention apply ${id}`,
    );
  };
  return startSchedule(
    [{ name: 'retention', at: () => config().retentionSchedule.at ?? undefined, run }],
    clock,
    {
      onFailure: (_job, error) => log.error('retention has failed; trying again at its next time', error),
      onSkip: (_job, why) => log.warn(`retention does not run: ${why}`),
    },
  );
}
