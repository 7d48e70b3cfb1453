import { seeded, spread } from '../random.ts';
import { simulate, type Job, type Result } from '../simulate.ts';
import { deploymentOf, waitingRows, type Costs } from './model.ts';
import { processCounts } from './nodes.ts';

export const robots = 1_000_000;
/** Seconds over which the robots' timers are spread. The whole hour; one minute; ten seconds, as cron without jitter. */
export const jitters = [3600, 300, 60, 10] as const;
/** Requests at most that one run goes through: a rate that is kept up is seen after a hundred thousand. */
const atMost = 100_000;

export interface RobotsAnswer {
  readonly jitter: number;
  readonly processes: number;
  readonly perSecond: number;
  readonly result: Result;
  /** Was more asked than could be done? Then who came last waited longest, and a longer run would only say so louder. */
  readonly isOverloaded: boolean;
  /** Seconds after the hour until the last robot has its token, and until the last row is written. */
  readonly lastAnswer: number;
  readonly lastRow: number;
  /** Audit rows that wait at the worst moment, in all processes. */
  readonly rowsWaiting: number;
}

/** Each once an hour: more than memory keeps, so every one is looked up, gets a token of its own, and leaves two rows. */
export function renewHourly(costs: Costs, seed: number, count: number = robots): RobotsAnswer[] {
  return jitters.flatMap((jitter) =>
    processCounts.map((processes) => {
      const share = Math.min(1, atMost / count);
      const window = jitter * share;
      const moments = spread(Math.round(count * share), 0, window, seeded(seed));
      const deployment = deploymentOf(processes);
      const result = simulate(deployment.stations, jobsOf(moments, processes, costs));
      // The part of the hour that was run through, stretched to the whole: queues that grow, grow evenly.
      const stretched = (end: number): number => jitter + Math.max(0, end - window) / share;
      const isOverloaded = result.lastAnswer > window * 1.05 + 1;
      return {
        jitter,
        processes,
        perSecond: count / jitter,
        result,
        isOverloaded,
        lastAnswer: stretched(isOverloaded ? result.lastAnswer : 0),
        lastRow: stretched(result.end > window * 1.05 + 1 ? result.end : 0),
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
