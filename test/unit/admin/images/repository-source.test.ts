import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createRepositorySource } from '../../../../src/admin/images/repository-source.ts';
import { DockpassError } from '../../../../src/errors.ts';

/** A registry whose answers the test chooses. `answer` is called for each read. */
function fakeRegistry(answer: () => Promise<string[]>) {
  const counts = { reads: 0 };
  const api = {
    repositories: () => {
      counts.reads++;
      return answer();
    },
    tags: () => Promise.resolve([]),
  };
  return { counts, source: createRepositorySource(api, () => Date.now()) };
}

const unreachable = new DockpassError('registry_unreachable', 'no registry answers');

describe('the list of repositories', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'Date', 'setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is sorted, without duplicates of the answer, and without names that no repository can have', async () => {
    const { source } = fakeRegistry(() =>
      Promise.resolve(['z', 'a/b', '../etc', 'a', 'A B', 'dockpass-doctor/scratch']),
    );
    expect((await source.list()).names).toEqual(['a', 'a/b', 'z']);
  });

  test('is read once for all callers, and again after ten seconds', async () => {
    const { source, counts } = fakeRegistry(() => Promise.resolve(['a']));
    const lists = await Promise.all([source.list(), source.list(), source.list()]);
    expect(new Set(lists).size).toBe(1);
    vi.advanceTimersByTime(9_900);
    await source.list();
    expect(counts.reads).toBe(1);
    vi.advanceTimersByTime(200);
    await Promise.all([source.list(), source.list()]);
    expect(counts.reads).toBe(2);
  });

  test('has an added repository at once, also if the registry is being read and answers without it', async () => {
    let finish = (_names: string[]): void => {};
    const { source, counts } = fakeRegistry(() => new Promise((resolve) => (finish = resolve)));
    source.add(['ignored']);
    const first = source.list();
    source.add(['b']);
    finish(['a', 'c']);
    expect((await first).names).toEqual(['a', 'b', 'c']);
    source.add(['b', 'aa', '../etc', 'dockpass-doctor/scratch']);
    expect((await source.list()).names).toEqual(['a', 'aa', 'b', 'c']);
    expect(counts.reads).toBe(1);
  });

  test('stays in use while the registry is down, and says so', async () => {
    let answer = () => Promise.resolve(['a']);
    const { source, counts } = fakeRegistry(() => answer());
    const { readAt } = await source.list();
    answer = () => Promise.reject(unreachable);
    vi.advanceTimersByTime(10_100);
    expect(await source.list()).toEqual({ names: ['a'], readAt, problem: unreachable });
    await source.list();
    expect(counts.reads).toBe(2);
    answer = () => Promise.resolve(['a', 'b']);
    vi.advanceTimersByTime(10_100);
    expect(await source.list()).toMatchObject({ names: ['a', 'b'], problem: undefined });
  });

  test('is an error if it was never read, and the next caller tries again', async () => {
    let answer = () => Promise.reject<string[]>(unreachable);
    const { source } = fakeRegistry(() => answer());
    await expect(source.list()).rejects.toBe(unreachable);
    answer = () => Promise.resolve(['a']);
    expect((await source.list()).names).toEqual(['a']);
  });

  test('is answered from memory if the registry is slow', async () => {
    let answer = () => Promise.resolve(['a']);
    const { source } = fakeRegistry(() => answer());
    await source.list();
    const slow = Promise.withResolvers<string[]>();
    answer = () => slow.promise;
    vi.advanceTimersByTime(10_100);
    const waiting = source.list();
    await vi.advanceTimersByTimeAsync(2_100);
    expect((await waiting).names).toEqual(['a']);
    slow.resolve(['a', 'b']);
    await slow.promise;
    expect((await source.list()).names).toEqual(['a', 'b']);
  });

  test('does not make callers wait if there are more than 10,000 repositories', async () => {
    const many = Array.from({ length: 10_001 }, (_, at) => `app-${at}`);
    let answer = () => Promise.resolve(many);
    const { source, counts } = fakeRegistry(() => answer());
    await source.list();
    const never = Promise.withResolvers<string[]>();
    answer = () => never.promise;
    vi.advanceTimersByTime(10_100);
    expect((await source.list()).names).toHaveLength(10_001);
    expect(counts.reads).toBe(2);
  });
});
