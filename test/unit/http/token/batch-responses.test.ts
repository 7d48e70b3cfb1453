import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as nextTick } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Endpoint } from '../../../../src/http/endpoint.ts';
import { batchResponses } from '../../../../src/http/token/batch-responses.ts';

test('passes each request on once and in the order of arrival, whatever arrives in a tick', async () => {
  // Requests that arrive while a batch is answered belong to the next batch.
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('request', 'request that causes another one') },
    { weight: 1, arbitrary: fc.constant('tick') },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const arrived: string[] = [];
      const answered: string[] = [];
      const send = (endpoint: Endpoint, name: string): void => {
        arrived.push(name);
        const parts = [{ url: name }, { statusMessage: name }] as unknown;
        endpoint(...(parts as [IncomingMessage, ServerResponse]));
      };
      const batched = batchResponses(({ url = '' }, { statusMessage }) => {
        expect(statusMessage).toBe(url);
        answered.push(url);
        if (url.includes('causes')) send(batched, `caused by ${arrived.indexOf(url)}`);
      });
      for (const [at, each] of steps.entries()) {
        if (each !== 'tick') {
          send(batched, `${at} ${each}`);
          continue;
        }
        const before = [...arrived];
        await nextTick();
        expect(answered).toStrictEqual(before);
      }
      await nextTick();
      await nextTick();
      expect(answered).toStrictEqual(arrived);
    }),
  );
});
