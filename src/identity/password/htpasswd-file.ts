import { readFile, stat } from 'node:fs/promises';
import { DockpassError, messageOf } from '../../errors.ts';
import { rightsOfRole, type Role } from '../../policy/rights.ts';
import type { Authenticator } from '../authenticate.ts';
import type { PasswordCheck } from './check-password.ts';
import { parseHtpasswd, type LineFault } from './parse-htpasswd.ts';
import type { UserSubject } from '../../policy/subject.ts';
import { canonicalName } from '../user-name.ts';

/** What the file says at one moment: bcrypt hashes by canonical name. */
export interface HtpasswdState {
  readonly hashes: ReadonlyMap<string, string>;
  /** Names whose line is no bcrypt: they are refused, as the registry itself refuses them. */
  readonly unusable: readonly string[];
}

export interface HtpasswdFile {
  /** What stands there now; after a fault, what stood there before. */
  current(): Promise<HtpasswdState>;
}

/**
 * A running registry's htpasswd file, used in place: looked at with every login, read when it changed, whole or not at
 * all. A file that is gone or faulty keeps what was read before, and is reported once.
 * @throws DockpassError `bad_configuration` where it cannot be read at the start
 */
export async function openHtpasswdFile(
  path: string,
  onFault: (fault: string) => void,
  onRead: (state: HtpasswdState) => void,
): Promise<HtpasswdFile> {
  const first = await readState(path).catch((cause: unknown) => {
    throw new DockpassError('bad_configuration', `htpasswd: ${messageOf(cause)}`, { cause });
  });
  let { state, stamp } = first;
  onRead(state);
  let reading: Promise<void> | undefined;

  const reread = async (seen: string): Promise<void> => {
    try {
      const next = await readState(path);
      ({ state, stamp } = next);
      onRead(state);
    } catch (error) {
      // Not tried, nor reported, again before it changes again.
      stamp = seen;
      onFault(`htpasswd: ${messageOf(error)}; the users that were read before stay`);
    }
  };
  return {
    current: async () => {
      const seen = await stampOf(path);
      if (seen !== stamp) await (reading ??= reread(seen).finally(() => (reading = undefined)));
      return state;
    },
  };
}

/** Users of the file have the rights of one role, and no more in dockpass: what a name holds elsewhere is not theirs. */
export function htpasswdUsers(file: HtpasswdFile, role: Role, check: PasswordCheck): Authenticator {
  return async ({ name: sent, password }) => {
    const name = canonicalName(sent);
    const passwordHash = (await file.current()).hashes.get(name);
    if (passwordHash === undefined) return { verdict: 'not mine' };
    if (!(await check(name, password, { passwordHash, disabled: false }))) return { verdict: 'wrong' };
    return { verdict: 'right', subject: htpasswdSubject(name, role) };
  };
}

export function htpasswdSubject(name: string, role: Role): UserSubject {
  return {
    kind: 'user',
    name,
    admin: role === 'admin',
    groups: [],
    rights: rightsOfRole(role),
    only: undefined,
    through: 'htpasswd file',
  };
}

/** What the file says now, for a command. @throws DockpassError `bad_configuration` */
export async function readHtpasswd(path: string): Promise<HtpasswdState> {
  const ignore = (): void => undefined;
  const file = await openHtpasswdFile(path, ignore, ignore);
  return file.current();
}

/** What changes when the file does; a file that is not there has a stamp too. */
async function stampOf(path: string): Promise<string> {
  try {
    const { mtimeNs, size, ino } = await stat(path, { bigint: true });
    return `${mtimeNs} ${size} ${ino}`;
  } catch (error) {
    return messageOf(error);
  }
}

/** The stamp is taken first: a change while reading is read with the next login. */
async function readState(path: string): Promise<{ state: HtpasswdState; stamp: string }> {
  const stamp = await stampOf(path);
  const { lines, faults } = parseHtpasswd(await readFile(path, 'utf8'));
  const hashes = new Map<string, string>();
  const unusable: string[] = [];
  const seen = new Map<string, number>();
  const twins: LineFault[] = [];
  for (const { line, name: written, bcrypt } of lines) {
    const name = canonicalName(written);
    const before = seen.get(name);
    if (before !== undefined)
      twins.push({ line, fault: `it is for the same user as line ${before}: keep one` });
    seen.set(name, line);
    if (bcrypt === undefined) unusable.push(name);
    else hashes.set(name, bcrypt);
  }
  const all = [...faults, ...twins].sort((one, other) => one.line - other.line);
  if (all.length > 0) throw new Error(all.map(({ line, fault }) => `${path}:${line}: ${fault}`).join('\n'));
  return { state: { hashes, unusable }, stamp };
}
