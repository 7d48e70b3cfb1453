import { expect, test } from 'vitest';
import { formatDenialReason, parseDenialReason } from '../../../src/audit/denial-reason.ts';

test('the reason of a denied request is a code, and sometimes a detail', () => {
  expect(formatDenialReason('forbidden', undefined)).toBe('forbidden');
  expect(parseDenialReason('forbidden')).toEqual({ code: 'forbidden', detail: undefined });
  const detail = 'expired: it\nis: over';
  expect(parseDenialReason(formatDenialReason('jwt_rejected', detail))).toEqual({
    ...{ code: 'jwt_rejected', detail },
  });
});

test.each(['', 'unknown_code', 'unknown_code: detail', ': forbidden', 'forbidden or not'])(
  'the reason %j of another version is not read',
  (reason) => expect(parseDenialReason(reason)).toBeUndefined(),
);
