import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createTagPusher, OutcomeUnknown, type TagPusher } from '../../../src/immutable/push-tag.ts';
import type { TagClaim, TagClaims } from '../../../src/store/store.ts';
import { DockpassError } from '../../../src/errors.ts';

const push = { repository: 'release/app', tag: 'v1', digest: 'sha256:one' };

/** Claims in memory, whose leases end by the fake time. */
function memoryClaims() {
  const held = new Map<string, { holder: string; until: number }>();
  const keyOf = ({ repository, tag }: TagClaim): string => `${repository}:${tag}`;
  const state = { isDown: false, renewals: 0 };
  const claims: TagClaims = {
    take: async (claim, lease) => {
      if (state.isDown) throw new DockpassError('database', 'down');
      const other = held.get(keyOf(claim));
      if (other !== undefined && other.holder !== claim.holder && other.until > performance.now())
        return false;
      held.set(keyOf(claim), { holder: claim.holder, until: performance.now() + lease });
      return true;
    },
    renew: async (claim, lease) => {
      if (state.isDown) throw new DockpassError('database', 'down');
      state.renewals++;
      if (held.get(keyOf(claim))?.holder !== claim.holder) return false;
      held.set(keyOf(claim), { holder: claim.holder, until: performance.now() + lease });
      return true;
    },
    release: async (claim) => {
      if (state.isDown) throw new DockpassError('database', 'down');
      if (held.get(keyOf(claim))?.holder === claim.holder) held.delete(keyOf(claim));
    },
  };
  return { claims, state, held };
}

describe('a push to an immutable tag', () => {
  let memory: ReturnType<typeof memoryClaims>;
  let existing: string | undefined;
  let pusher: TagPusher;
  beforeEach(() => {
    vi.useFakeTimers();
    memory = memoryClaims();
    existing = undefined;
    pusher = createTagPusher(memory.claims, async () => existing);
    return () => vi.useRealTimers();
  });

  test('runs if the tag does not exist, or has the same manifest', async () => {
    expect(await pusher.push(push, async (mayStart) => mayStart())).toBe(true);
    existing = push.digest;
    expect(await pusher.push(push, async () => 'sent')).toBe('sent');
    expect(memory.held.size).toBe(0);
  });

  test('is denied if the tag has another manifest', async () => {
    existing = 'sha256:two';
    const send = vi.fn(async () => 'sent');
    await expect(pusher.push(push, send)).rejects.toMatchObject({
      code: 'immutable_tag',
      message: expect.stringMatching(/^tag release\/app:v1 already exists and is immutable/) as string,
    });
    expect(send).not.toHaveBeenCalled();
    expect(memory.held.size).toBe(0);
  });

  test('keeps its claim as long as the registry takes', async () => {
    const sending = pusher.push(
      push,
      (mayStart) => new Promise((resolve) => setTimeout(() => resolve(mayStart()), 60_000)),
    );
    await vi.advanceTimersByTimeAsync(59_000);
    expect(await memory.claims.take({ ...push, holder: 'other' }, 1000)).toBe(false);
    await vi.advanceTimersByTimeAsync(2000);
    expect(await sending).toBe(true);
  });

  test('must not start any more if the database has not renewed its claim', async () => {
    const sending = pusher.push(
      push,
      (mayStart) => new Promise((resolve) => setTimeout(() => resolve(mayStart()), 5000)),
    );
    await vi.advanceTimersByTimeAsync(1000);
    memory.state.isDown = true;
    await vi.advanceTimersByTimeAsync(5000);
    expect(await sending).toBe(false);
  });

  test('that fails leaves the tag free at once, or within 10 s if the registry may still execute it', async () => {
    await expect(pusher.push(push, () => Promise.reject(new Error('rejected')))).rejects.toThrow('rejected');
    expect(memory.held.size).toBe(0);
    await expect(pusher.push(push, () => Promise.reject(new OutcomeUnknown()))).rejects.toThrow(
      OutcomeUnknown,
    );
    let isSent = false;
    const next = pusher.push(push, async () => (isSent = true));
    await vi.advanceTimersByTimeAsync(5000);
    expect(isSent).toBe(false);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await next).toBe(true);
  });

  test('waits for others in turn, but not for ever', async () => {
    const order: number[] = [];
    const first = pusher.push(push, () => new Promise((resolve) => setTimeout(resolve, 1000)));
    const others = [1, 2, 3].map((number) => pusher.push(push, async () => order.push(number)));
    await vi.advanceTimersByTimeAsync(1100);
    await Promise.all([first, ...others]);
    expect(order).toEqual([1, 2, 3]);

    const slow = pusher.push(push, () => new Promise((resolve) => setTimeout(resolve, 40_000)));
    const tired = expect(pusher.push(push, async () => 'sent')).rejects.toMatchObject({
      code: 'busy',
      retryAfter: 5,
    });
    await vi.advanceTimersByTimeAsync(40_000);
    await Promise.all([slow, tired]);
    expect(await pusher.push(push, async () => 'sent')).toBe('sent');
  });

  test('is rejected at once if too many wait', async () => {
    const slow = pusher.push(push, () => new Promise((resolve) => setTimeout(resolve, 1000)));
    const waiting = Array.from({ length: 100 }, () => pusher.push(push, async () => 'sent'));
    await expect(pusher.push(push, async () => 'sent')).rejects.toMatchObject({ code: 'busy' });
    await vi.advanceTimersByTimeAsync(2000);
    await slow;
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['sent']));
  });

  test('is denied if the database does not answer', async () => {
    memory.state.isDown = true;
    await expect(pusher.push(push, async () => 'sent')).rejects.toMatchObject({ code: 'database' });
  });
});
