import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRequestError } from '../../src/errors.ts';
import type { Credentials } from '../../src/identity/credentials.ts';
import { Secret } from '../../src/secret.ts';
import { issueToken, type Issuance } from '../../src/issue-token.ts';
import type { AccessEntry } from '../../src/token/claims.ts';
import { anyText, scopeText, spelledHost } from '../support/policy/arbitraries.ts';
import { quickIssuer, tokenRequest } from '../support/dockpass/issuer-parts.ts';

const login = (name: string): Credentials => ({
  kind: 'password',
  name,
  password: new Secret(`${name.toLowerCase()}-secret`),
});

const credentials = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Credentials>({ kind: 'none' }) },
  { weight: 6, arbitrary: fc.constantFrom('admin', 'Admin', 'writer', 'reader').map(login) },
  { weight: 1, arbitrary: fc.constantFrom('frozen', 'keyless', 'nobody', '', 'ADMIN ').map(login) },
  {
    weight: 1,
    arbitrary: fc.constant<Credentials>({ kind: 'password', name: 'admin', password: new Secret('wrong') }),
  },
);

const asked = fc.record({
  host: spelledHost,
  credentials,
  scopes: fc.oneof(
    { weight: 4, arbitrary: fc.array(scopeText, { maxLength: 4 }) },
    { weight: 1, arbitrary: fc.array(anyText, { maxLength: 2 }) },
  ),
});

/** Matches the policy's patterns `open/**` and `a*`, without the code under test. */
const isPublicName = (name: string): boolean => name.startsWith('open/') || /^a[^/]*$/.test(name);

const held = {
  admin: ['pull', 'push', 'delete', '*'],
  writer: ['pull', 'push'],
  reader: ['pull'],
};

async function outcome(
  issuer: ReturnType<typeof quickIssuer>,
  { host, credentials, scopes }: typeof asked extends fc.Arbitrary<infer Asked> ? Asked : never,
): Promise<Issuance | undefined> {
  try {
    return await issueToken(tokenRequest(host.text, { credentials, scopes }), issuer);
  } catch (error) {
    if (!isRequestError(error)) throw error;
    return undefined;
  }
}

describe('issueToken with 10^5 random requests', () => {
  const issuer = quickIssuer();
  const seen = { public: 0, private: 0, denied: 0, granted: 0 };

  test('grants only pull on public repositories in the public realm, and only held rights in the private one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { minLength: 50, maxLength: 50 }), async (requests) => {
        for (const request of requests) {
          const issuance = await outcome(issuer, request);
          if (issuance === undefined) {
            seen.denied++;
            continue;
          }
          const access = JSON.parse(issuance.token.jwt) as AccessEntry[];
          expect(issuance.realm.kind).toBe(request.host.isPublic ? 'public' : 'private');
          seen[issuance.realm.kind]++;
          seen.granted += access.length;
          if (request.host.isPublic) {
            for (const { type, name, actions } of access) {
              expect([type, isPublicName(name), actions]).toEqual(['repository', true, ['pull']]);
            }
          } else {
            const { credentials } = request;
            const role = credentials.kind === 'password' ? credentials.name.toLowerCase() : 'anonymous';
            const may = held[role as keyof typeof held];
            for (const { type, name, actions } of access) {
              if (type === 'registry') expect([role, name, actions]).toEqual(['admin', 'catalog', ['*']]);
              else expect(may).toEqual(expect.arrayContaining([...actions]));
            }
          }
        }
      }),
      { numRuns: 2000 },
    );
    // Make sure that enough requests were denied, and enough of them granted something.
    for (const [kind, count] of Object.entries(seen)) expect([kind, count > 5000]).toEqual([kind, true]);
  }, 120_000);
});
