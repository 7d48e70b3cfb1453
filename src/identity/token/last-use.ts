import type { Clock } from '../../clock.ts';
import type { LastUse } from '../../store/store.ts';

/** Milliseconds between two writes. */
const flushInterval = 1000;
/** Seconds between two writes for the same key. A client that pulls in a loop then costs one row a minute. */
const minWriteInterval = 60;

/**
 * Records when, and from which address, secrets and sessions were last used. It keeps the uses in memory and writes
 * them in groups, so that no token request waits for the database.
 */
export interface LastUseRecorder {
  /** @param key a key of the map that the store's `used` takes, such as the hash of an access token */
  record(key: string, from: string): void;
  /**
   * The last use of this key that is held in memory, in seconds since the epoch. Undefined if memory holds none. Then
   * the store knows the last use.
   */
  latestUseAt(key: string): number | undefined;
  /** Writes the uses that are not written yet. */
  close(): Promise<void>;
}

interface Entry {
  use: LastUse;
  isWritten: boolean;
  writtenAt: number;
}

/**
 * @param write writes a group of uses. If it fails, the group is written again later.
 * @param onFailure called once for each group that cannot be written
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
      // A written entry stays for `minWriteInterval`, because its `writtenAt` delays the next write of this key.
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
      // If the key was used again during the write, the newer use still has to be written.
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
      // This path is hot: many clients can share one secret and use it thousands of times a second.
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
