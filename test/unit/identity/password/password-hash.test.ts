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

  test('answers 40 checks that arrive at once', async () => {
    const hasher = createPasswordHasher();
    const checks = Array.from({ length: 40 }, () => hasher.verify(secret('x'), undefined));
    expect(new Set(await Promise.all(checks))).toEqual(new Set([false]));
  });
});
