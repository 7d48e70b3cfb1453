import { hash } from 'node:crypto';
import type { Clock } from '../../clock.ts';

/** The state of one counter of wrong passwords. */
export interface WrongPasswords {
  wrongCount: number;
  /** The time when the last wrong password was received, in milliseconds since the epoch. */
  lastWrongAt: number;
}

/**
 * A table of limited size with one entry for each counter. The key of an entry is computed from the name of the counter
 * (see `createNameKeys`).
 */
export interface CounterTable {
  /** Returns a copy of the entry, or undefined if there is none. */
  read(key: number): WrongPasswords | undefined;
  /** Stores a copy of the entry, or removes the stored entry if `wrongCount` is 0. */
  write(key: number, entry: Readonly<WrongPasswords>): void;
  /** The number of stored entries. */
  readonly size: number;
}

/**
 * The number of slots in a set. The key of an entry selects one set, and the entry can only be in a slot of this set.
 * So only a few slots are searched for a key.
 */
const slotsPerSet = 8;
const initialSetCount = 128;

interface Slots {
  readonly setCount: number;
  /** The key of the entry in each slot. 0 marks an empty slot. */
  readonly keys: Float64Array;
  readonly times: Float64Array;
  readonly wrongCounts: Uint16Array;
}

/**
 * Creates a table that needs only 18 bytes for each entry, so that it can have many entries. To create an entry, an
 * attacker must make the server compute a password hash. This takes so much time that, before the table is full, the
 * attacker's first entries are older than `forgetMs` and can be replaced.
 *
 * The key of a new entry selects eight slots. If none of them is empty, the new entry replaces the oldest of the eight
 * entries. The table is small at first. If the oldest of the eight entries may not be replaced yet (see `forgetMs`),
 * the size of the table is doubled instead. When the table has `capacity` slots, the oldest of the eight entries is
 * always replaced.
 * @param capacity the largest number of entries, a power of two
 * @param forgetMs an entry whose last wrong password is older than this may be replaced
 */
export function createCounterTable(capacity: number, forgetMs: number, clock: Clock): CounterTable {
  let slots = allocate(initialSetCount);
  let size = 0;
  const findSlot = (key: number): number | undefined => {
    const first = (key % slots.setCount) * slotsPerSet;
    for (let slot = first; slot < first + slotsPerSet; slot++) if (slots.keys[slot] === key) return slot;
    return undefined;
  };
  const timeOf = (slot: number): number => slots.times[slot] ?? 0;
  /**
   * Returns the slot for a new entry. The key of the entry selects eight slots. The result is an empty one of these,
   * or, if none is empty, the one with the oldest entry.
   */
  const slotForNew = (key: number): number => {
    const first = (key % slots.setCount) * slotsPerSet;
    let oldest = first;
    for (let slot = first; slot < first + slotsPerSet; slot++) {
      if (slots.keys[slot] === 0) return slot;
      if (timeOf(slot) < timeOf(oldest)) oldest = slot;
    }
    return oldest;
  };
  const isForgotten = (slot: number): boolean => clock() - timeOf(slot) >= forgetMs;
  const isTaken = (slot: number): boolean => slots.keys[slot] !== 0 && !isForgotten(slot);
  const store = (slot: number, key: number, entry: Readonly<WrongPasswords>): void => {
    if (slots.keys[slot] === 0) size++;
    slots.keys[slot] = key;
    slots.times[slot] = entry.lastWrongAt;
    slots.wrongCounts[slot] = Math.min(entry.wrongCount, 0xffff);
  };
  const entryAt = (slot: number): WrongPasswords => ({
    wrongCount: slots.wrongCounts[slot] ?? 0,
    lastWrongAt: timeOf(slot),
  });
  const grow = (): void => {
    const entries: [key: number, entry: WrongPasswords][] = [];
    for (let slot = 0; slot < slots.keys.length; slot++)
      if (isTaken(slot)) entries.push([slots.keys[slot] ?? 0, entryAt(slot)]);
    slots = allocate(slots.setCount * 2);
    size = 0;
    for (const [key, entry] of entries) store(slotForNew(key), key, entry);
  };
  return {
    get size() {
      return size;
    },
    read: (key) => {
      const slot = findSlot(key);
      return slot === undefined ? undefined : entryAt(slot);
    },
    write: (key, entry) => {
      const stored = findSlot(key);
      if (entry.wrongCount === 0) {
        if (stored === undefined) return;
        slots.keys[stored] = 0;
        size--;
        return;
      }
      if (stored !== undefined) return store(stored, key, entry);
      while (isTaken(slotForNew(key)) && slots.setCount * slotsPerSet < capacity) grow();
      store(slotForNew(key), key, entry);
    },
  };
}

/**
 * Returns a function that computes the key of a counter from the counter's name: 48 bits of a hash that depends on
 * `secretKey`, plus 1. The 1 is added because the key 0 marks an empty slot. An attacker who does not know `secretKey`
 * cannot find names that belong to the same set of slots.
 */
export function createNameKeys(secretKey: string): (name: string) => number {
  return (name) => Number.parseInt(hash('sha256', `${secretKey}\0${name}`, 'hex').slice(0, 12), 16) + 1;
}

function allocate(setCount: number): Slots {
  const count = setCount * slotsPerSet;
  return {
    setCount,
    keys: new Float64Array(count),
    times: new Float64Array(count),
    wrongCounts: new Uint16Array(count),
  };
}
