import type { Clock } from '../../clock.ts';
import type { LastUse } from '../../store/store.ts';

/** Milliseconds between two groups. */
const flushInterval = 1000;
/** Seconds between two writes of the same secret's last use: a pull in a loop costs one row a minute. */
const minWriteInterval = 60;

/** Keeps when and from where secrets were last used, and writes it in groups, off the token's way. */
export interface LastUseRecorder {
  /** @param key what the store's `used` goes by */
  record(key: string, from: string): void;
  /** Seconds since the epoch. Undefined where the store knows as much as we do. */
  latestUseAt(key: string): number | undefined;
  /** Writes what is still held. */
  close(): Promise<void>;
}

interface Entry {
  use: LastUse;
  isWritten: boolean;
  writtenAt: number;
}

/**
 * @param write a store's `used`; a group that cannot be written is tried again
 * @param onFailure told once per failed group
 */
export function createLastUseRecorder(
  write: (uses: ReadonlyMap<string, LastUse>) => Promise<void>,
  clock: Clock,
  onFailure: (error: unknown) => void,
): LastUseRecorder {
  const entries = new Map<string, Entry>();
  const timer = setInterval(() => void flush(isDue), flushInterval).unref();
  let writing: Promise<void> = Promise.resolve();

  const isDue = (entry: Entry): boolean => seconds(clock) - entry.writtenAt >= minWriteInterval;
  const writeGroup = async (wanted: (entry: Entry) => boolean): Promise<void> => {
    const group = new Map<string, LastUse>();
    for (const [key, entry] of entries) {
      if (!entry.isWritten && wanted(entry)) group.set(key, entry.use);
      // Only now: until it is due again, the entry says when it was written.
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
      // Used again meanwhile: there is something newer to write.
      if (entry.use === use) entry.isWritten = true;
      entry.writtenAt = seconds(clock);
    }
  };
  const flush = (wanted: (entry: Entry) => boolean): Promise<void> =>
    (writing = writing.then(() => writeGroup(wanted)));

  return {
    record: (key, from) => {
      const at = seconds(clock);
      const entry = entries.get(key);
      // The hot path: a fleet uses one secret thousands of times a second.
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

function seconds(clock: Clock): number {
  return Math.floor(clock() / 1000);
}
