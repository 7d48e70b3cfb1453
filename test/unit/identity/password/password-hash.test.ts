import { describe, expect, test } from 'vitest';
import { createPasswordHasher } from '../../../../src/identity/password/password-hash.ts';
import { Secret } from '../../../../src/secret.ts';

const secret = (text: string): Secret => new Secret(text);

describe('password hashes', () => {
  test('use argon2id with 19 MiB, two passes, one lane and a salt', async () => {
    const hasher = createPasswordHasher();
    const [one, two] = [await hasher.hash(secret('same')), await hasher.hash(secret('same'))];
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(one).not.toBe(two);
    expect(await hasher.verify(secret('same'), one)).toBe(true);
    expect(await hasher.verify(secret('samE'), one)).toBe(false);
  });

  test('no password is right if there is no hash', async () => {
    const hasher = createPasswordHasher();
    for (const password of ['', 'x', 'nobody']) {
      expect(await hasher.verify(secret(password), undefined)).toBe(false);
      expect(await hasher.verify(secret(password), null)).toBe(false);
    }
  });

  test('the same letters in another Unicode form are the same password', async () => {
    const hasher = createPasswordHasher();
    const hash = await hasher.hash(secret('pa\u0308sswort'));
    expect(await hasher.verify(secret('p\u00e4sswort'), hash)).toBe(true);
  });

  test('two checks run and 32 wait; further ones are rejected at once, and all accepted ones are answered', async () => {
    const hasher = createPasswordHasher();
    const all = await Promise.allSettled(
      Array.from({ length: 40 }, () => hasher.verify(secret('x'), undefined)),
    );
    const refused = all.filter(({ status }) => status === 'rejected');
    expect(all.slice(0, 34).every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(refused).toHaveLength(6);
    expect(refused[0]).toMatchObject({ reason: { code: 'busy', retryAfter: 2 } });
    // The queue is empty again, so the next check is accepted.
    expect(await hasher.verify(secret('x'), undefined)).toBe(false);
  });
});
