import { seeded, spread } from '../random.ts';
import { simulate, type Job, type Result } from '../simulate.ts';
import { deploymentOf, waitingRows, type Costs } from './model.ts';
import { processCounts } from './nodes.ts';

export const robots = 1_000_000;
/** The seconds over which the timers of the robots are spread: an hour, a minute, or ten seconds, as with cron. */
export const jitters = [3600, 300, 60, 10] as const;
/** The highest number of simulated requests. If the rate can be sustained, this shows after a hundred thousand. */
const atMost = 100_000;

export interface RobotsAnswer {
  readonly jitter: number;
  readonly processes: number;
  readonly perSecond: number;
  readonly result: Result;
  /**
   * Whether more requests arrived than could be answered. Then waiting times grow without limit, and no percentile
   * counts.
   */
  readonly isOverloaded: boolean;
  /** Seconds after the full hour until the last robot has its token, and until the last row is written. */
  readonly lastAnswer: number;
  readonly lastRow: number;
  /** The highest number of audit rows that wait at the same time, in all processes. */
  readonly rowsWaiting: number;
}

/**
 * Each robot requests a token once an hour. There are more robots than the caches hold, so each request needs a
 * database lookup, gets its own token, and causes two rows.
 */
export function renewHourly(costs: Costs, seed: number, count: number = robots): RobotsAnswer[] {
  return jitters.flatMap((jitter) =>
    processCounts.map((processes) => {
      const share = Math.min(1, atMost / count);
      const window = jitter * share;
      const moments = spread(Math.round(count * share), 0, window, seeded(seed));
      const deployment = deploymentOf(processes);
      const result = simulate(deployment.stations, jobsOf(moments, processes, costs));
      // Only a part of the hour was simulated. If queues grow, they grow evenly, so the result is extrapolated.
      const extrapolated = (end: number): number => jitter + Math.max(0, end - window) / share;
      const isOverloaded = result.lastAnswer > window * 1.05 + 1;
      return {
        jitter,
        processes,
        perSecond: count / jitter,
        result,
        isOverloaded,
        lastAnswer: extrapolated(isOverloaded ? result.lastAnswer : 0),
        lastRow: extrapolated(result.end > window * 1.05 + 1 ? result.end : 0),
        rowsWaiting: waitingRows(result) / (result.end > window * 1.05 + 1 ? share : 1),
      };
    }),
  );
}

function* jobsOf(moments: Float64Array, processes: number, costs: Costs): Generator<Job> {
  const deployment = deploymentOf(processes);
  const { robotLookup, loop, signature, auditRow, auditRowOwn, lastUse } = costs;
  let turn = 0;
  for (const at of moments) {
    const process = turn++ % processes;
    yield {
      at,
      visits: [
        deployment.loop(process, loop['access token'] + robotLookup.own + auditRowOwn),
        deployment.connection(process, robotLookup.connection),
        deployment.signature(process, signature),
      ],
      background: [deployment.chain(auditRow), deployment.lastUses(process, lastUse)],
    };
  }
}
