import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { countPulls } from '../../../src/events/count-pulls.ts';
import type { PlacedEvent } from '../../../src/events/registry-event.ts';
import { naiveOutcome } from '../../support/usage/naive-usage.ts';
import { randomEvents } from '../../support/usage/random-events.ts';

test('counts the fetches of a client as a naive reference does, in any order', () => {
  fc.assert(
    fc.property(
      randomEvents.chain((events) => fc.shuffledSubarray([...events], { minLength: events.length })),
      (events) => {
        const clients = Map.groupBy(events, ({ repository, actor, address }) =>
          JSON.stringify([repository, actor, address]),
        );
        for (const fetches of clients.values()) {
          const found = countPulls<PlacedEvent>(
            fetches.filter(({ kind }) => kind === 'get' || kind === 'head'),
          );
          for (const event of fetches) expect(found.get(event)).toEqual(naiveOutcome(event, fetches));
        }
      },
    ),
    { numRuns: 3000 },
  );
});
