import { statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { readAccount } from '../src/identity/account.ts';
import { accountSubject } from '../src/identity/account.ts';
import type { Subject, UserSubject } from '../src/policy/subject.ts';
import type { Policy } from '../src/policy/decide.ts';
import { compilePattern } from '../src/policy/pattern.ts';
import { rightsOfRole, type Right } from '../src/policy/rights.ts';
import { createRuleIndex, noRules } from '../src/policy/rule-index.ts';
import { compileRulePattern, type Rule } from '../src/policy/rule.ts';
import { openStore } from '../src/store/open-store.ts';

/** The users, requests and policy for one measurement, in which one setting has one size. */
export interface World {
  readonly policy: Policy;
  /** The credentials of the request with this number. If the number of users grows, each request has another user. */
  subject(request: number): Promise<Subject>;
  /** The repository of the request with this number. It differs from that of the previous request. */
  repository(request: number): string;
  /** The size of the database in bytes. Undefined if there is none on disk. */
  readonly databaseSize?: number;
  close(): Promise<void>;
}

export interface Axis {
  readonly name: string;
  readonly sizes: readonly number[];
  make(size: number, directory: string): Promise<World>;
}

const bare: Policy = { publicRepositories: [], catalog: 'own', publicCatalog: true, rules: noRules };
const nothingToClose = async (): Promise<void> => undefined;

function alice(rights: readonly Right[]): UserSubject {
  return {
    kind: 'user',
    name: 'alice',
    admin: false,
    groups: ['dev'],
    rights,
    only: undefined,
    through: 'password',
  };
}

/** The settings that grow, one at a time. The others stay small. */
export const axes: readonly Axis[] = [
  { name: 'users', sizes: [10, 1000, 100_000, 1_000_000], make: manyUsers },
  { name: 'grants', sizes: [10, 1000, 10_000, 100_000], make: manyGrants },
  { name: 'rules', sizes: [10, 100, 1000, 10_000], make: manyRules },
];

/** Each request comes from another user, so that caches do not help and each user is read from the database. */
async function manyUsers(size: number, directory: string): Promise<World> {
  const path = join(directory, `users-${size}.db`);
  const store = await openStore(path);
  fillWithUsers(path, size);
  return {
    policy: bare,
    subject: async (request) => {
      const account = await readAccount(store, userName((request * 7919) % size));
      if (account === undefined) throw new Error('the user does not exist');
      return accountSubject(account);
    },
    repository: (request) => `team-${((request * 7919) % size) % 50}/app-${request}`,
    databaseSize: statSync(path).size,
    close: () => store.close(),
  };
}

/** Inserts users with SQL, because a million calls of the store would take minutes. Each user has two grants. */
function fillWithUsers(path: string, size: number): void {
  const database = new Database(path);
  database.pragma('synchronous = off');
  const user = database.prepare(
    "insert into users (name, role, password_hash, disabled, created_at, changed_at) values (?, 'writer', ?, 0, 1, 1)",
  );
  const grant = database.prepare(
    'insert into grants (subject, pattern, actions, created_at) values (?, ?, ?, 1)',
  );
  // The hash is not valid, but has the length of a real one.
  const hash = `$argon2id$v=19$m=19456,t=2,p=1$${'a'.repeat(22)}$${'b'.repeat(43)}`;
  database.transaction(() => {
    for (let at = 0; at < size; at++) {
      user.run(userName(at), hash);
      grant.run(userName(at), `team-${at % 50}/**`, 'pull,push');
      grant.run(userName(at), `home/${userName(at)}/**`, 'pull,push,delete');
    }
  })();
  database.pragma('wal_checkpoint(truncate)');
  database.close();
}

function userName(at: number): string {
  return `user-${at}`;
}

/** All grants belong to one user. The patterns have three forms. */
async function manyGrants(size: number): Promise<World> {
  const forms = [
    (at: number) => `team-${at}/**`,
    (at: number) => `lib/app-${at}`,
    (at: number) => `mirror/*/app-${at}`,
  ];
  const rights = Array.from({ length: size }, (_, at): Right => ({
    pattern: compilePattern(forms[at % 3]?.(at) ?? ''),
    actions: ['pull', 'push'],
    origin: { kind: 'grant', to: 'alice' },
  }));
  const subject = alice(rights);
  return {
    policy: bare,
    subject: async () => subject,
    repository: (request) => `team-${((request * 7919) % Math.ceil(size / 3)) * 3}/app-${request}`,
    close: nothingToClose,
  };
}

/** Rules for everyone, for a group, for one user, and with a variable. Half of them are deny rules. */
async function manyRules(size: number): Promise<World> {
  const audiences = ['everyone', 'group:dev', 'user:alice', 'users'] as const;
  const forms = [
    (at: number) => `team-${at}/**`,
    (at: number) => `area-${at}/\${group}/*`,
    (at: number) => `lib/app-${at}`,
  ];
  const rules = Array.from({ length: size }, (_, at): Rule => ({
    number: at + 1,
    effect: at % 2 === 0 ? 'allow' : 'deny',
    actions: ['push', 'delete'],
    to: [audiences[at % 4] ?? 'users'],
    on: [compileRulePattern(forms[at % 3]?.(at) ?? '')],
    realm: undefined,
    from: undefined,
  }));
  const subject = alice(rightsOfRole('writer'));
  return {
    policy: { ...bare, rules: createRuleIndex(rules) },
    subject: async () => subject,
    repository: (request) => `team-${(request * 7919) % size}/app-${request}`,
    close: nothingToClose,
  };
}
