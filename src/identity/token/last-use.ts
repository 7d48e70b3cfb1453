import type { Clock } from '../../clock.ts';
import type { LastUse } from '../../store/store.ts';

/** The time between two writes to the store, in milliseconds. */
const flushInterval = 1000;
/**
 * The shortest time between two writes for the same secret or session, in seconds. So a client that pulls in a loop
 * causes only one write a minute.
 */
const minWriteInterval = 60;

/**
 * Records when, and from which address, secrets and sessions were last used. The recorder keeps the uses in memory and
 * writes them in groups, so that no token request waits for the database.
 */
export interface LastUseRecorder {
  /**
   * Records that a secret or session is used now.
   * @param key a text that identifies the secret or session, for example the hash of an access token. The function
   *   `write` later receives a map from each recorded `key` to its last use.
   * @param from the IP address of the client
   */
  record(key: string, from: string): void;
  /**
   * Returns the time of the last use of the secret or session with this key, in seconds since the epoch. Returns
   * undefined if this time is not in memory. In this case, read the time from the store.
   */
  latestUseAt(key: string): number | undefined;
  /** Stops the recorder and writes all uses that have not been written yet. */
  close(): Promise<void>;
}

interface Entry {
  use: LastUse;
  isWritten: boolean;
  writtenAt: number;
}

/**
 * Creates a recorder of last uses.
 * @param write writes a group of uses to the store. If the write fails, the recorder tries it again later.
 * @param onFailure called once for each failed write of a group
 */
export function createLastUseRecorder(
  write: (uses: ReadonlyMap<string, LastUse>) => Promise<void>,
  clock: Clock,
  onFailure: (error: unknown) => void,
): LastUseRecorder {
  const entries = new Map<string, Entry>();
  const timer = setInterval(() => void flush(isDue), flushInterval).unref();
  let writing: Promise<void> = Promise.resolve();

  const isDue = (entry: Entry): boolean => toSeconds(clock) - entry.writtenAt >= minWriteInterval;
  const writeGroup = async (isWanted: (entry: Entry) => boolean): Promise<void> => {
    const group = new Map<string, LastUse>();
    for (const [key, entry] of entries) {
      if (!entry.isWritten && isWanted(entry)) group.set(key, entry.use);
      // A written entry stays in memory for `minWriteInterval`, because its `writtenAt` delays the next write of the
      // same key.
      else if (entry.isWritten && isDue(entry)) entries.delete(key);
    }
    if (group.size === 0) return;
    try {
      await write(group);
    } catch (error) {
      onFailure(error);
      return;
    }
    for (const [key, use] of group) {
      const entry = entries.get(key);
      if (entry === undefined) continue;
      // If the secret or session was used during the write, that newer use is not in the store yet, so the entry does
      // not count as written.
      if (entry.use === use) entry.isWritten = true;
      entry.writtenAt = toSeconds(clock);
    }
  };
  const flush = (isWanted: (entry: Entry) => boolean): Promise<void> =>
    (writing = writing.then(() => writeGroup(isWanted)));

  return {
    record: (key, from) => {
      const at = toSeconds(clock);
      const entry = entries.get(key);
      // Return early, because this code runs very often: many clients can share one secret and use it thousands of
      // times a second.
      if (entry?.use.at === at && entry.use.from === from) return;
      if (entry === undefined)
        entries.set(key, { use: { at, from }, isWritten: false, writtenAt: -minWriteInterval });
      else {
        entry.use = { at, from };
        entry.isWritten = false;
      }
    },
    latestUseAt: (key) => entries.get(key)?.use.at,
    close: async () => {
      clearInterval(timer);
      await flush(() => true);
    },
  };
}

function toSeconds(clock: Clock): number {
  return Math.floor(clock() / 1000);
}
