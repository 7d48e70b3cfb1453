import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AuditEvent } from '../../../../src/audit/event.ts';
import { formatEventText, parseEventText } from '../../../../src/audit/event-text.ts';
import { PendingEvents } from '../../../../src/observe/audit/pending-events.ts';

const issued = fc.record({
  tokenId: fc.constantFrom('token-1', 'token-2'),
  isShared: fc.boolean(),
  address: fc.constantFrom('192.0.2.1', '192.0.2.2'),
  client: fc.constantFrom('docker', 'crane "x"', 'podman\n'),
  host: fc.constantFrom('registry.example.com', ''),
  asked: fc.constantFrom('repository:a:pull', ''),
});

/** What a row says about the requests that it counts. */
const contentOf = ({ tokenId, address, client, host, asked }: AuditEvent): string =>
  JSON.stringify([tokenId, address, client, host, asked]);

test('equal requests that share a token are one row, and no request is missing or counted twice', () => {
  fc.assert(
    fc.property(fc.array(issued, { maxLength: 40 }), (requests) => {
      const pending = new PendingEvents();
      const plain: AuditEvent[] = [];
      for (const [at, { isShared, ...details }] of requests.entries()) {
        // A token that is not shared has an id of its own.
        const tokenId = isShared ? details.tokenId : `own-${at}`;
        const event: AuditEvent = {
          ...{ id: `id-${at}`, at, outcome: 'issued', subject: 'alice', realm: 'private', granted: '' },
          ...{ reason: 'role', times: 1 },
          ...details,
          tokenId,
        };
        plain.push(event);
        const existing = isShared ? pending.findShared(tokenId, details) : undefined;
        const issuance = { at, event: formatEventText(event) };
        if (existing !== undefined) existing.times++;
        else if (isShared) pending.addShared(tokenId, issuance);
        else pending.addSingle(issuance);
      }
      const expected = [...Map.groupBy(plain, contentOf).values()].map((equal) =>
        formatEventText({ ...(equal[0] as AuditEvent), times: equal.length }),
      );
      expect(pending.size).toBe(expected.length);
      expect(pending.texts()).toStrictEqual(expected);
      expect(pending.texts().map((text) => parseEventText(text).at)).toStrictEqual(
        expected.map((text) => parseEventText(text).at).toSorted((one, other) => one - other),
      );
    }),
  );
});
