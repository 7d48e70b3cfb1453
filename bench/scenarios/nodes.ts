import { seeded, spread } from '../random.ts';
import { simulate, type Job, type Result } from '../simulate.ts';
import { deploymentOf, type Costs } from './model.ts';

export const nodes = 100_000;
/** Seconds within which all of them come: as the question says, in one second, and at the same moment. */
export const windows = [10, 1, 0] as const;
export const processCounts = [1, 2, 4] as const;

export interface NodesAnswer {
  readonly window: number;
  readonly processes: number;
  readonly result: Result;
}

/**
 * A fleet pulls one image: an anonymous token each, the same for all who ask one process in the same second. Every node
 * has an address of its own, so every one has a row in the audit log.
 */
export function pullAtOnce(costs: Costs, seed: number, count: number = nodes): NodesAnswer[] {
  return windows.flatMap((window) =>
    processCounts.map((processes) => {
      const deployment = deploymentOf(processes);
      const moments = spread(count, 0, window, seeded(seed));
      const jobs = function* (): Generator<Job> {
        let turn = 0;
        for (const at of moments) {
          // As a balancer deals them out: in turns.
          const process = turn++ % processes;
          yield {
            at,
            visits: [deployment.loop(process, costs.loop['same scope'])],
            background: [deployment.chain(costs.auditRow)],
          };
        }
      };
      return { window, processes, result: simulate(deployment.stations, jobs()) };
    }),
  );
}
