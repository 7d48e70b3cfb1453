import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseEventText } from '../../../../src/audit/event-text.ts';
import type { Issuance } from '../../../../src/issue-token.ts';
import { UnprovenEvents, type UnprovenClient } from '../../../../src/observe/audit/unproven-events.ts';
import type { Grant } from '../../../../src/policy/decide.ts';
import { formatScope } from '../../../../src/scope/scope.ts';
import { accessOf } from '../../../../src/token/claims.ts';
import { SignedToken } from '../../../../src/token/signed-token.ts';

const grant = fc
  .record({
    name: fc.constantFrom('a', 'b', 'open/a'),
    actions: fc.constantFrom(['pull'], ['pull', 'push']),
    isPublic: fc.boolean(),
  })
  .map(({ name, actions, isPublic }): Grant => ({
    scope: { type: 'repository', name, class: undefined, actions },
    actions: isPublic ? ['pull'] : [],
    reason: isPublic ? 'public repository' : 'not a public repository',
    deciders: [],
  }));
const request = fc.record({
  client: fc.record<UnprovenClient>({
    address: fc.constantFrom('192.0.2.1', '192.0.2.2'),
    client: fc.constantFrom('docker', 'crane'),
    host: fc.constantFrom('pub.example.com', 'mirror.example.com'),
    realm: fc.constant('public'),
  }),
  passedMs: fc.constantFrom(0, 1, 100, 1000),
  grants: fc.array(grant, { maxLength: 2 }),
  isShared: fc.boolean(),
  times: fc.integer({ min: 1, max: 3 }),
});

test('a row for many anonymous tokens has what the rows of single tokens have', () => {
  fc.assert(
    fc.property(fc.array(request, { maxLength: 40 }), (requests) => {
      const unproven = new UnprovenEvents();
      const plain: { client: UnprovenClient; at: number; grants: readonly Grant[] }[] = [];
      let at = 1_772_366_400_000;
      let count = 0;
      for (const { client, passedMs, grants, isShared, times } of requests) {
        at += passedMs;
        const scopes = grants.map(({ scope }) => formatScope(scope));
        for (let time = 0; time < times; time++) {
          // Requests of one second that are granted the same access receive the same token if it is shared.
          const second = Math.floor(at / 1000);
          const access = JSON.stringify(accessOf(grants));
          const id = isShared ? `${second} ${access}` : String(count++);
          const token = new SignedToken(id, 'jwt', 300, '', isShared);
          unproven.addAnonymous(client, at, scopes, { grants, token } as unknown as Issuance);
          plain.push({ client, at, grants });
        }
      }
      const rowOf = ({ client, at }: (typeof plain)[number]): string =>
        JSON.stringify([client, Math.floor(at / 1000)]);
      const expected = [...Map.groupBy(plain, rowOf).values()].map((tokens) => {
        const all = tokens.flatMap(({ grants }) => grants);
        const list = (texts: readonly string[], separator: string): string =>
          [...new Set(texts)].join(separator);
        return {
          ...{ at: tokens[0]?.at, outcome: 'issued', subject: '', tokenId: '', ...tokens[0]?.client },
          asked: list(
            all.map(({ scope }) => formatScope(scope)),
            ' ',
          ),
          granted: list(
            all.flatMap(({ scope, actions }) =>
              actions.length === 0 ? [] : [formatScope({ ...scope, actions })],
            ),
            ' ',
          ),
          reason: list(
            all.map(({ reason }) => reason),
            '; ',
          ),
          times: tokens.length,
        };
      });
      const rows = unproven.texts(new Set(), at).map(parseEventText);
      expect(rows.map(({ id: _id, ...row }) => row)).toStrictEqual(expected);
      expect(unproven.count).toBe(plain.length);
    }),
    { numRuns: 500 },
  );
});
