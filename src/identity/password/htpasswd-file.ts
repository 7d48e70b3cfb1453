import { readFile, stat } from 'node:fs/promises';
import { DockpassError, messageOf } from '../../errors.ts';
import { toCanonicalName } from '../user-name.ts';
import { parseHtpasswd, type LineFault } from './parse-htpasswd.ts';

/** The content of an htpasswd file at one moment. */
export interface HtpasswdState {
  /** The bcrypt hashes of the users, by canonical user name. */
  readonly hashes: ReadonlyMap<string, string>;
  /**
   * The names of users whose password hash is not a bcrypt hash. dockpass rejects the logins of these users. A registry
   * that reads an htpasswd file itself rejects them too.
   */
  readonly unusable: readonly string[];
}

export interface HtpasswdFile {
  /** Returns the current content of the file. If the file is missing or has errors, returns the last valid content. */
  current(): Promise<HtpasswdState>;
}

/**
 * Opens an htpasswd file that a registry uses. If the file has changed, `current()` reads it again. If one line of the
 * changed file has an error, dockpass rejects the whole change: the last valid content stays in use, and the error is
 * reported once.
 * @throws DockpassError `bad_configuration` if the file cannot be read or has errors at the time when it is opened
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

  const reread = async (newStamp: string): Promise<void> => {
    try {
      const next = await readState(path);
      ({ state, stamp } = next);
      onRead(state);
    } catch (error) {
      // Remember the modification time and the size of the faulty file. As long as both stay the same, later logins
      // neither read the file again nor report the error again.
      stamp = newStamp;
      onFault(
        `htpasswd: ${messageOf(error)}. Until you fix the file, dockpass uses the last valid version of it`,
      );
    }
  };
  return {
    current: async () => {
      const newStamp = await readStamp(path);
      if (newStamp !== stamp) await (reading ??= reread(newStamp).finally(() => (reading = undefined)));
      return state;
    },
  };
}

/**
 * Reads an htpasswd file once, for use by a command.
 * @throws DockpassError `bad_configuration`
 */
export async function readHtpasswd(path: string): Promise<HtpasswdState> {
  const ignore = (): void => undefined;
  const file = await openHtpasswdFile(path, ignore, ignore);
  return file.current();
}

/**
 * Returns true if the htpasswd file contains the user. Returns false if there is no file, that is, if the path is null.
 * @throws DockpassError `bad_configuration`
 */
export async function isHtpasswdUser(path: string | null, name: string): Promise<boolean> {
  if (path === null) return false;
  const { hashes, unusable } = await readHtpasswd(path);
  return hashes.has(name) || unusable.includes(name);
}

/**
 * Returns the stamp of the file: a text that changes when the file changes. If the file is missing, the stamp is the
 * error message.
 */
async function readStamp(path: string): Promise<string> {
  try {
    const { mtimeNs, size, ino } = await stat(path, { bigint: true });
    return `${mtimeNs} ${size} ${ino}`;
  } catch (error) {
    return messageOf(error);
  }
}

async function readState(path: string): Promise<{ state: HtpasswdState; stamp: string }> {
  // Call `readStamp` before reading the content. If the file changes while its content is being read, `stamp` still
  // describes the old file. The next login then finds that `readStamp` returns another text, and reads the file again.
  const stamp = await readStamp(path);
  const { lines, faults } = parseHtpasswd(await readFile(path, 'utf8'));
  const hashes = new Map<string, string>();
  const unusable: string[] = [];
  const lineByName = new Map<string, number>();
  const duplicates: LineFault[] = [];
  for (const { line, name: written, bcrypt } of lines) {
    const name = toCanonicalName(written);
    const earlierLine = lineByName.get(name);
    if (earlierLine !== undefined)
      duplicates.push({
        line,
        fault: `the same user name is already on line ${earlierLine}. Remove one of the two lines`,
      });
    lineByName.set(name, line);
    if (bcrypt === undefined) unusable.push(name);
    else hashes.set(name, bcrypt);
  }
  const all = [...faults, ...duplicates].sort((one, other) => one.line - other.line);
  if (all.length > 0) throw new Error(all.map(({ line, fault }) => `${path}:${line}: ${fault}`).join('\n'));
  return { state: { hashes, unusable }, stamp };
}
