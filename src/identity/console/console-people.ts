import { hash } from 'node:crypto';
import type { Role } from '../../policy/rights.ts';
import type { UserSubject } from '../../policy/subject.ts';
import type { ConsoleSession } from '../../store/store.ts';
import { enabledSubject, type Account } from '../account.ts';
import type { HtpasswdFile } from '../password/htpasswd-file.ts';
import { createHtpasswdSubject } from '../password/htpasswd-users.ts';

/** The people who can sign in to the console: the users of the store and of the htpasswd file. */
export interface ConsolePeople {
  /**
   * Returns what a session must remember of the password of a person who has just logged in, see
   * `ConsoleSession.credential`.
   */
  credentialOf(person: UserSubject): Promise<string>;
  /** Returns the person of a session with today's rights, or undefined if this person cannot log in any more. */
  find(session: Pick<ConsoleSession, 'user' | 'credential' | 'createdAt'>): Promise<UserSubject | undefined>;
}

export interface ConsolePeopleParts {
  readonly findUser: (name: string) => Promise<Account | undefined>;
  /** The htpasswd file and the role of its users. Undefined if no such file is in use. */
  readonly htpasswd: { readonly file: Pick<HtpasswdFile, 'current'>; readonly role: Role } | undefined;
  /** Returns true if a user of the htpasswd file is disabled, or if a robot has the name. */
  readonly isBlocked: (name: string) => Promise<boolean>;
}

export function createConsolePeople({ findUser, htpasswd, isBlocked }: ConsolePeopleParts): ConsolePeople {
  const digestInFile = async (name: string): Promise<string | undefined> => {
    const found = (await htpasswd?.file.current())?.hashes.get(name);
    return found === undefined ? undefined : hash('sha256', `console ${found}`, 'hex');
  };
  return {
    credentialOf: async ({ name, through }) =>
      through === 'htpasswd file' ? ((await digestInFile(name)) ?? '') : '',
    find: async ({ user, credential, createdAt }) => {
      const account = await findUser(user);
      if (credential === '')
        // An older version of dockpass does not remove the sessions of a user whom it removes. A new user with the same
        // name must not get them.
        return account !== undefined && account.createdAt <= createdAt ? enabledSubject(account) : undefined;
      if (htpasswd === undefined || account !== undefined || (await isBlocked(user))) return undefined;
      return (await digestInFile(user)) === credential
        ? createHtpasswdSubject(user, htpasswd.role)
        : undefined;
    },
  };
}
