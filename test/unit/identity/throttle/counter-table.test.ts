import { describe, expect, test } from 'vitest';
import {
  createCounterTable,
  createNameKeys,
  type WrongPasswords,
} from '../../../../src/identity/throttle/counter-table.ts';
import { createSweptMap } from '../../../../src/identity/throttle/swept-map.ts';
import { fakeClock } from '../../../support/dockpass/issuer.ts';

const capacity = 4096;

function setUp() {
  const clock = fakeClock();
  const table = createCounterTable(capacity, 3_600_000, clock);
  const keyOf = createNameKeys('a key');
  const entry = (wrongCount: number) => ({ wrongCount, lastWrongAt: clock() });
  return {
    table: {
      read: (name: string) => table.read(keyOf(name)),
      write: (name: string, written: WrongPasswords) => table.write(keyOf(name), written),
      size: () => table.size,
    },
    clock,
    entry,
  };
}

describe('a table of counters', () => {
  test('holds what was written, until it is removed', () => {
    const { table, entry } = setUp();
    for (let at = 1; at <= 1000; at++) table.write(`name ${at}`, entry(at));
    expect(table.size()).toBe(1000);
    for (let at = 1; at <= 1000; at++) expect(table.read(`name ${at}`)).toEqual(entry(at));
    table.write('name 7', entry(70));
    expect([table.read('name 7')?.wrongCount, table.size()]).toEqual([70, 1000]);
    table.write('name 7', entry(0));
    table.write('never written', entry(0));
    expect([table.read('name 7'), table.size()]).toEqual([undefined, 999]);
  });

  test('never holds more than its capacity, and replaces older entries first', () => {
    const { table, clock, entry } = setUp();
    table.write('the oldest', entry(5));
    for (let at = 0; at < 20_000; at++) {
      if (at % 100 === 0) clock.advance(1);
      table.write(`name ${at}`, entry(1));
    }
    expect(table.size()).toBeLessThanOrEqual(capacity);
    expect(table.read('the oldest')).toBeUndefined();
    expect(table.read('name 19999')).toEqual(entry(1));
  });

  test('reuses the places of entries that are forgotten', () => {
    const { table, clock, entry } = setUp();
    for (let round = 0; round < 20; round++) {
      for (let at = 0; at < 300; at++) table.write(`${round} ${at}`, entry(1));
      for (let at = 0; at < 300; at++) expect(table.read(`${round} ${at}`)).toBeDefined();
      clock.advance(3600);
    }
  });
});

test('a swept map removes only entries of no more use', () => {
  const map = createSweptMap<boolean>((isOver) => isOver);
  for (let at = 0; at < 100_000; at++) {
    map.set(`used ${at % 500}`, false);
    map.set(`over ${at}`, true);
    if (at % 100 === 0) expect(map.size).toBeLessThanOrEqual(1100);
  }
  for (let at = 0; at < 500; at++) expect(map.get(`used ${at}`)).toBe(false);
});
