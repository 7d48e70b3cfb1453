import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { limitNotices } from '../../../../src/store/postgres/notice-limit.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp() {
  let passed = 0;
  const { notice, close } = limitNotices(() => passed++);
  return { notice, close, passed: () => passed };
}

test('passes a few notices on at once', () => {
  const { notice, passed } = setUp();
  for (let times = 1; times <= 10; times++) {
    notice();
    expect(passed()).toBe(times);
  }
});

test('a flood of notices is passed on at a bounded rate', () => {
  const { notice, passed } = setUp();
  for (let millisecond = 0; millisecond < 10_000; millisecond++) {
    for (let times = 0; times < 10; times++) notice();
    vi.advanceTimersByTime(1);
  }
  expect(passed()).toBeLessThanOrEqual(20 + 10 * 20);
  expect(passed()).toBeGreaterThan(100);
});

test('the last notice of a flood is passed on, at most 50 milliseconds later', () => {
  const { notice, passed } = setUp();
  for (let times = 0; times < 1000; times++) notice();
  const before = passed();
  vi.advanceTimersByTime(50);
  expect(passed()).toBe(before + 1);
  vi.advanceTimersByTime(10_000);
  expect(passed()).toBe(before + 1);
});

test('after it is closed, it passes nothing on', () => {
  const { notice, close, passed } = setUp();
  for (let times = 0; times < 1000; times++) notice();
  const before = passed();
  close();
  vi.advanceTimersByTime(10_000);
  expect(passed()).toBe(before);
});
