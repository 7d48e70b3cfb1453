import type { Issuer, TokenRequest } from '../../../src/issue-token.ts';
import type { Account } from '../../../src/identity/account.ts';
import { createPasswordCheck } from '../../../src/identity/password/check-password.ts';
import { createLocalUserAuthenticator } from '../../../src/identity/password/local-users.ts';
import type { PasswordHasher } from '../../../src/identity/password/password-hash.ts';
import { createCachedCredentials } from '../../../src/identity/password/cached-credentials.ts';
import { compilePattern } from '../../../src/policy/pattern.ts';
import { rightsOfRole, type Role } from '../../../src/policy/rights.ts';
import { noRules } from '../../../src/policy/rule-index.ts';
import { parseDomain } from '../../../src/realm/domain.ts';
import { parseHost } from '../../../src/net/host.ts';
import { noCredentials } from '../../../src/identity/credentials.ts';
import { parseScope } from '../../../src/scope/parse-scopes.ts';
import { accessOf } from '../../../src/token/claims.ts';
import { publicDomains } from '../policy/arbitraries.ts';
import { SignedToken } from '../../../src/token/signed-token.ts';

/** Creates a password hasher that takes no time. `verified` counts how many passwords it has verified. */
export function countingHasher(): PasswordHasher & { verified: number } {
  const hasher = {
    verified: 0,
    registerHashInUse: () => undefined,
    requireRoom: () => undefined,
    hash: async (password: { reveal(): string }) => `plain:${password.reveal()}`,
    verify: async (password: { reveal(): string }, passwordHash: string | null | undefined) => {
      hasher.verified++;
      return passwordHash === `plain:${password.reveal()}`;
    },
  };
  return hasher;
}

export function someUser(name: string, change: Partial<Account> = {}): Account {
  return {
    name,
    role: 'writer',
    passwordHash: `plain:${name}-secret`,
    disabled: false,
    createdAt: 0,
    changedAt: 0,
    groups: [],
    rightsFrom: 'role',
    rights: rightsOfRole(change.role ?? 'writer'),
    ...change,
  };
}

const users = new Map(
  (['admin', 'writer', 'reader', 'none'] satisfies Role[]).map((role) => [
    role as string,
    someUser(role, { role }),
  ]),
);
users.set('frozen', someUser('frozen', { disabled: true, role: 'admin' }));
users.set('keyless', someUser('keyless', { passwordHash: null }));

/**
 * Creates the dependencies of `issueToken` without cryptography: password hashes contain the password in plain text,
 * and a token is its list of access rights in JSON.
 */
export function quickIssuer(change: Partial<Issuer> = {}): Issuer {
  return {
    service: 'registry',
    realms: { publicDomains: publicDomains.map(parseDomain), externalHost: undefined },
    authenticators: [
      createLocalUserAuthenticator(
        async (name) => users.get(name),
        createPasswordCheck(
          countingHasher(),
          createCachedCredentials(0, () => 0),
        ),
      ),
    ],
    sessions: {
      begin: () => Promise.reject(new Error('this issuer cannot begin a session')),
      resume: () => Promise.reject(new Error('this issuer cannot resume a session')),
      end: () => Promise.reject(new Error('this issuer cannot end a session')),
    },
    parseScope,
    policy: {
      publicRepositories: ['open/**', 'a*'].map(compilePattern),
      catalog: 'admins',
      publicCatalog: true,
      rules: noRules,
    },
    sign: async (_subject, grants) =>
      new SignedToken('id', JSON.stringify(accessOf(grants)), 300, '2026-03-01T12:00:00Z'),
    record: { issued: () => undefined, denied: () => 'id' },
    ...change,
  };
}

export function tokenRequest(host: string, change: Partial<TokenRequest> = {}): TokenRequest {
  return {
    host: parseHost(host),
    address: '192.0.2.1',
    client: 'test',
    credentials: noCredentials,
    service: undefined,
    scopes: [],
    offline: false,
    requireAll: false,
    ...change,
  };
}
