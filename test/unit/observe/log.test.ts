import { expect, test } from 'vitest';
import { Secret } from '../../../src/secret.ts';
import { createLog } from '../../../src/observe/log.ts';

function logged(use: (log: ReturnType<typeof createLog>) => void): string {
  let written = '';
  use(createLog((line) => (written += line)));
  return written;
}

test('74: escapes CR, LF and escape codes, so that each event is one line', () => {
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

test('masks details whose name looks like a secret, and secrets under any name', () => {
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

test('logs an error with all its causes', () => {
  const text = logged((log) =>
    log.error('x', new Error('outer', { cause: new Error('inner', { cause: 'root' }) })),
  );
  const { causes } = JSON.parse(text) as { causes: string[] };
  expect(causes.map((cause) => cause.split('\n')[0])).toEqual(['Error: outer', 'Error: inner', 'root']);
});

test('logs an error that is its own cause', () => {
  const error = new Error('round');
  error.cause = error;
  expect(logged((log) => log.error('x', error))).toContain('round');
});
