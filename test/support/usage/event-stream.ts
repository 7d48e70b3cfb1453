import { registerSecret } from '../run/evidence.ts';

export const eventsSecret = 'a-test-secret-for-the-events-of-a-registry';
registerSecret(eventsSecret);

/** The tags that are pulled. Each has an image of its own in the database. */
const tags = ['v1', 'v2', 'v3'] as const;

/** A stream of pulls as a registry sends them: an event that was not acknowledged is sent again. */
export interface EventStream {
  /** The numbers of the events for which the server has answered 200. Their ids are `event NUMBER`. */
  readonly acknowledged: ReadonlySet<number>;
  /** The statuses of the other answers. 0: the connection broke. */
  readonly failures: readonly number[];
  /** Sends events in several requests at once until each of them has failed. */
  untilFailure(): Promise<void>;
  /** Sends the events that were not acknowledged again, until all are. Rejects if one fails. */
  resend(): Promise<void>;
  /** How often each tag was pulled, if each event that was sent counts once. */
  expectedPulls(): ReadonlyMap<string, number>;
}

/** @param port the port of the listener for events */
export function createEventStream(port: number, eventsAtOnce: number): EventStream {
  const acknowledged = new Set<number>();
  const failures: number[] = [];
  let sent = 0;
  let open: number[] = [];

  const post = async (numbers: readonly number[]): Promise<number> => {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/events`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${eventsSecret}` },
        body: JSON.stringify({ events: numbers.map(eventOf) }),
      });
      await answer.text();
      return answer.status;
    } catch {
      return 0;
    }
  };
  const acknowledge = async (numbers: readonly number[]): Promise<boolean> => {
    const status = await post(numbers);
    if (status === 200) for (const number of numbers) acknowledged.add(number);
    else failures.push(status);
    return status === 200;
  };
  return {
    acknowledged,
    failures,
    untilFailure: async () => {
      const [resent, failed] = [open, [] as number[]];
      open = [];
      const send = async (): Promise<void> => {
        for (;;) {
          const numbers = resent.splice(0, eventsAtOnce);
          while (numbers.length < eventsAtOnce) numbers.push(sent++);
          if (await acknowledge(numbers)) continue;
          failed.push(...numbers);
          return;
        }
      };
      await Promise.all([send(), send(), send()]);
      open = [...failed, ...resent];
    },
    resend: async () => {
      while (open.length > 0) {
        if (!(await acknowledge(open.slice(0, 100))))
          throw new Error(`an event that was sent again got the answer ${failures.at(-1)}`);
        open = open.slice(100);
      }
      if (acknowledged.size !== sent) throw new Error('an event was neither acknowledged nor sent again');
    },
    expectedPulls: () => new Map(tags.map((tag, at) => [tag, Math.ceil((sent - at) / tags.length)])),
  };
}

function eventOf(number: number): object {
  return {
    ...{ id: `event ${number}`, timestamp: new Date(Date.UTC(2026, 0, 31, 23, 0, number)).toISOString() },
    action: 'pull',
    target: { repository: 'app', tag: tags[number % tags.length], digest: 'sha256:a', mediaType: 'x' },
    request: { method: 'GET', addr: '192.0.2.1', host: 'registry.example.com' },
    actor: { name: number % 2 === 0 ? 'alice' : '' },
  };
}
