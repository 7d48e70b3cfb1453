import { expect, test } from 'vitest';
import { Secret } from '../../../src/secret.ts';
import { createLog } from '../../../src/observe/log.ts';

function logged(use: (log: ReturnType<typeof createLog>) => void): string {
  let written = '';
  use(createLog((line) => (written += line)));
  return written;
}

test('74: CR, LF and escape codes are escaped: an event stays a line', () => {
  const nasty = 'a\r\n{"level":"error"}\x1b[2J\0b';
  const text = logged((log) => {
    log.info(nasty, { client: nasty });
    log.error('failed', new Error(nasty));
  });
  expect(text.split('\n')).toHaveLength(3);
  expect(text).not.toMatch(/[\0\r\x1b]/);
  expect(
    text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { level: string }).level),
  ).toEqual(['info', 'error']);
});

test('what looks like a secret is masked, even where it was unwrapped', () => {
  const text = logged((log) => {
    log.info('x', {
      password: 'canary',
      refreshToken: 'canary',
      Authorization: 'canary',
      clientSecret: 'canary',
    });
    log.warn('x', { something: new Secret('canary') });
  });
  expect(text).not.toContain('canary');
});

test('an error is logged with all its causes', () => {
  const text = logged((log) =>
    log.error('x', new Error('outer', { cause: new Error('inner', { cause: 'root' }) })),
  );
  const { causes } = JSON.parse(text) as { causes: string[] };
  expect(causes.map((cause) => cause.split('\n')[0])).toEqual(['Error: outer', 'Error: inner', 'root']);
});

test('a cause that is its own cause ends', () => {
  const error = new Error('round');
  error.cause = error;
  expect(logged((log) => log.error('x', error))).toContain('round');
});
