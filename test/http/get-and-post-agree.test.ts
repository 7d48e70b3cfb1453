import fc from 'fast-check';
import type { Response } from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { roles, type Role } from '../../src/policy/rights.ts';
import { anyText, scopeText } from '../support/policy/arbitraries.ts';
import {
  accessIn,
  privateHost,
  publicHost,
  refusalIn,
  startIssuer,
  type TestIssuer,
} from '../support/dockpass/issuer.ts';

const password = 'correct horse battery';
const hosts = [publicHost, privateHost] as const;
let issuer: TestIssuer;
/** The refresh tokens by role and host. */
const refreshTokens = new Map<string, string>();

beforeAll(async () => {
  issuer = await startIssuer({ publicRepositories: ['open/**', 'a*'] });
  for (const role of roles) {
    await issuer.addUser(role, password, role);
    for (const host of hosts) {
      const { body } = await issuer.get(host, 'offline_token=true').auth(role, password);
      refreshTokens.set(role + host, (body as { refresh_token: string }).refresh_token);
    }
  }
});

/** Returns the access in the issued token, or the status and the code of the denial. */
function outcome(answer: Response): unknown {
  return answer.status === 200 ? accessIn(answer) : [answer.status, refusalIn(answer)];
}

const scopes = fc.array(fc.oneof({ weight: 5, arbitrary: scopeText }, { weight: 1, arbitrary: anyText }), {
  maxLength: 4,
});

const asked = fc.record({
  role: fc.constantFrom<Role>(...roles),
  host: fc.constantFrom(...hosts),
  scopes,
  service: fc.constantFrom('', '&service=registry', '&service=other'),
});

describe('what GET and POST grant to the same caller', () => {
  test('is identical: Basic, the form, a refresh token, scopes repeated or joined', async () => {
    await fc.assert(
      fc.asyncProperty(asked, async ({ role, host, scopes, service }) => {
        const repeated = scopes.map((scope) => `&scope=${encodeURIComponent(scope.toWellFormed())}`).join('');
        const joined = `&scope=${encodeURIComponent(scopes.join(' ').toWellFormed())}`;
        const login = `grant_type=password&username=${role}&password=${encodeURIComponent(password)}`;
        const refresh = `grant_type=refresh_token&refresh_token=${refreshTokens.get(role + host) ?? ''}`;
        const byGet = outcome(
          await issuer.get(host, `account=${role}${service}${repeated}`).auth(role, password),
        );
        for (const form of [login, refresh]) {
          for (const list of [repeated, joined])
            expect(outcome(await issuer.post(host, form + service + list)), form).toEqual(byGet);
        }
      }),
      { numRuns: 200 },
    );
  });
});
