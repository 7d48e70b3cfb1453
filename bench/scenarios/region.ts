import { seeded, spread } from '../random.ts';
import { simulate, type Job, type Result } from '../simulate.ts';
import { deploymentOf, hashRetry, type Costs } from './model.ts';

/** The number of users of the failed region, who all log in at the other region within a minute. */
export const people = 20_000;
export const within = 60;
/** The number of processes in the remaining region. */
export const survivors = [2, 4, 8] as const;
export const secrets = ['passwords', 'access tokens'] as const;

export interface RegionAnswer {
  readonly secret: (typeof secrets)[number];
  readonly processes: number;
  readonly result: Result;
}

/**
 * A region fails, and its users log in at the other one. There no process has their credentials in its cache, so each
 * login costs one password hash. If the queue of hashes is full, a login is rejected and tried again later. Logins with
 * access tokens need no password hash.
 */
export function loseRegion(costs: Costs, seed: number, count: number = people): RegionAnswer[] {
  return secrets.flatMap((secret) =>
    survivors.map((processes) => {
      const deployment = deploymentOf(processes);
      const random = seeded(seed);
      const moments = spread(count, 0, within, random);
      const jobs = function* (): Generator<Job> {
        for (const at of moments) {
          const process = Math.floor(random() * processes);
          const { userLookup, loop, signature, hash } = costs;
          const work = loop[secret === 'passwords' ? 'first login' : 'access token'] + userLookup.own;
          yield {
            at,
            visits: [
              deployment.loop(process, work),
              deployment.connection(process, userLookup.connection),
              ...(secret === 'passwords' ? [deployment.hash(process, hash)] : []),
              deployment.signature(process, signature),
            ],
            retryAfter: hashRetry,
          };
        }
      };
      return { secret, processes, result: simulate(deployment.stations, jobs()) };
    }),
  );
}
