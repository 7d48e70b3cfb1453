import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseHtpasswd } from '../../../../src/identity/password/parse-htpasswd.ts';

const bcrypt = (kind = '2y', cost = '05'): string => `$${kind}$${cost}$${'a'.repeat(53)}`;

describe('an htpasswd file', () => {
  test.each(['2a', '2b', '2y'])('recognizes $%s$ as bcrypt', (kind) => {
    const { lines, faults } = parseHtpasswd(`alice:${bcrypt(kind)}\n`);
    expect([lines, faults]).toEqual([[{ line: 1, name: 'alice', bcrypt: bcrypt(kind) }], []]);
  });

  test.each([
    ['apr1', '$apr1$Sd8Wq5Gj$UpdLqFL0G7l8Wd8TZJbqd1'],
    ['SHA-1', '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g='],
    ['crypt', 'rqXexS6ZhobKA'],
    [
      'SHA-512 crypt',
      '$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/',
    ],
    ['bcrypt $2x$, for faulty hashes before PHP 5.3.7', '$2x$05$aaaa'],
    ['plain text', 'secret:with:colons'],
  ])('a user with another hash has no password: %s', (_what, hash) => {
    expect(parseHtpasswd(`alice:${hash}`)).toEqual({
      lines: [{ line: 1, name: 'alice', bcrypt: undefined }],
      faults: [],
    });
  });

  test('ignores blank lines, comments and Windows line endings', () => {
    const { lines, faults } = parseHtpasswd(`# users\r\n\r\nalice:${bcrypt()}\r\n  \n bob:x \n`);
    expect(lines.map(({ line, name }) => [line, name])).toEqual([
      [3, 'alice'],
      [5, 'bob'],
    ]);
    expect(faults).toEqual([]);
  });

  test.each([
    ['alice', 'no colon'],
    [':hash', 'no name'],
    ['alice:', 'no hash'],
    ['al\0ice:hash', 'control character'],
    ['alice:ha\x1bsh', 'control character'],
    [`alice:${bcrypt().slice(0, -1)}`, 'damaged'],
    [`alice:${bcrypt()}:more`, 'damaged'],
    [`alice:${bcrypt('2y', '03')}`, 'damaged'],
    [`alice:${bcrypt('2y', '16')}`, 'cost is 16, but at most 15'],
    [`alice:${bcrypt('2b', '31')}`, 'cost is 31, but at most 15'],
  ])('reports %j with its line number', (line, reason) => {
    const { lines, faults } = parseHtpasswd(`good:${bcrypt()}\n${line}`);
    expect(lines).toHaveLength(1);
    expect(faults).toEqual([{ line: 2, fault: expect.stringContaining(reason) as string }]);
  });

  test('an error never contains the text of the line, because it may be a password', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), (secret) => {
        const { faults } = parseHtpasswd(`canary${secret}\nx:$2y$99canary${secret}`);
        expect(JSON.stringify(faults)).not.toContain('canary');
      }),
    );
  });
});
