import { host, type DemoServer } from './start-server.ts';

/** How one subject uses an image: so many pulls on a working day, or pushes every so many days. */
interface Habit {
  readonly repository: string;
  readonly tag: string;
  readonly actor: string;
  readonly pullsADay?: number;
  readonly pushEveryDays?: number;
  /** How many days ago it began, and ended. */
  readonly from: number;
  readonly until?: number;
}

const habits: readonly Habit[] = [
  { repository: 'shop/web', tag: '1.4.2', actor: 'cluster-1', pullsADay: 14, from: 75, until: 9 },
  { repository: 'shop/web', tag: '1.5.0', actor: 'cluster-1', pullsADay: 22, from: 9 },
  { repository: 'shop/web', tag: 'latest', actor: 'bob', pullsADay: 3, from: 60 },
  { repository: 'shop/web', tag: '1.4.2', actor: 'ci', pushEveryDays: 100, from: 75 },
  { repository: 'shop/web', tag: '1.5.0', actor: 'ci', pushEveryDays: 100, from: 9 },
  { repository: 'shop/web', tag: 'latest', actor: 'ci', pushEveryDays: 3, from: 60 },
  { repository: 'shop/api', tag: '1.4.2', actor: 'ci:shop-api', pushEveryDays: 20, from: 42 },
  { repository: 'shop/api', tag: '1.4.2', actor: 'cluster-1', pullsADay: 8, from: 42 },
  { repository: 'base/node', tag: '1.4.2', actor: 'ci', pullsADay: 11, from: 80 },
  { repository: 'base/node', tag: '1.4.2', actor: 'alice', pushEveryDays: 100, from: 80 },
  { repository: 'experiments/bob/cache', tag: '1.4.2', actor: 'bob', pushEveryDays: 100, from: 55 },
];

const dayMs = 86_400_000;
/** The number of events in one request. */
const eventsAtOnce = 500;

/** Reports pulls and pushes of the last months, as the registry would have done. */
export async function seedUsage(server: DemoServer): Promise<void> {
  const events = habits.flatMap((habit, index) => eventsOf(habit, index));
  for (let at = 0; at < events.length; at += eventsAtOnce)
    await server.report(events.slice(at, at + eventsAtOnce));
}

function eventsOf(habit: Habit, index: number): object[] {
  const { repository, tag, actor, pullsADay = 0, pushEveryDays, from, until = 0 } = habit;
  const events: object[] = [];
  const add = (action: 'pull' | 'push', at: number): void => {
    events.push({
      id: `habit ${index} event ${events.length}`,
      timestamp: new Date(at).toISOString(),
      action,
      target: {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: `sha256:${String(index).padStart(64, '0')}`,
        ...{ repository, tag },
      },
      request: { id: 'demo', addr: '192.0.2.20', host, method: action === 'pull' ? 'GET' : 'PUT' },
      actor: { name: actor },
    });
  };
  const now = Date.now();
  for (let ago = from; ago >= until; ago -= 1) {
    const day = now - ago * dayMs - 5 * 60_000;
    const isWeekend = [0, 6].includes(new Date(day).getUTCDay());
    // Some days are busier than others, always in the same way.
    const share = (isWeekend ? 0.3 : 1) * (0.7 + 0.6 * (((ago * 37 + index * 11) % 17) / 17));
    for (let count = 0; count < Math.round(pullsADay * share); count += 1) add('pull', day - count * 61_000);
    if (pushEveryDays !== undefined && (from - ago) % pushEveryDays === 0) add('push', day - 3_600_000);
  }
  return events;
}
