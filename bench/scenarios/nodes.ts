import { seeded, spread } from '../random.ts';
import { simulate, type Job, type Result } from '../simulate.ts';
import { deploymentOf, type Costs } from './model.ts';

export const nodes = 100_000;
/**
 * The seconds over which the requests of all nodes are spread: as given, within one second, and all at the same time.
 */
export const windows = [10, 1, 0] as const;
export const processCounts = [1, 2, 4] as const;

export interface NodesAnswer {
  readonly window: number;
  readonly processes: number;
  readonly result: Result;
}

/**
 * Many nodes pull one image with anonymous tokens. All nodes that ask one process in the same second get the same
 * token. Each node has its own address, so each one causes a row in the audit log.
 */
export function pullAtOnce(costs: Costs, seed: number, count: number = nodes): NodesAnswer[] {
  return windows.flatMap((window) =>
    processCounts.map((processes) => {
      const deployment = deploymentOf(processes);
      const moments = spread(count, 0, window, seeded(seed));
      const jobs = function* (): Generator<Job> {
        let turn = 0;
        for (const at of moments) {
          // A load balancer distributes the requests in turn.
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
