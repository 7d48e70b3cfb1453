import { expect, test } from 'vitest';
import {
  describeWho,
  verdictOf,
  type Explanation,
} from '../../../../src/console/model/explain/explanation.ts';
import {
  questionBody,
  questionCommand,
  questionHref,
  readQuestion,
} from '../../../../src/console/model/explain/question.ts';

const explanation = (
  scopes: Partial<Explanation['scopes'][number]>[],
  refusal?: Explanation['refusal'],
): Explanation => ({
  realm: { kind: 'private', host: 'registry.example.com', because: 'not a public domain' },
  who: { kind: 'user', name: 'alice', through: 'password' },
  scopes: scopes.map((scope) => ({ scope: '', actions: [], missing: [], reason: '', by: [], ...scope })),
  refusal: refusal ?? null,
});

test.each([
  [explanation([{ actions: ['pull', 'push'] }]), 'success', 'alice gets pull and push'],
  [explanation([{ actions: ['pull', '*'] }]), 'success', 'alice gets everything'],
  [explanation([{ actions: ['pull'], missing: ['push'] }]), 'warning', 'alice gets pull, but not push'],
  [explanation([{ missing: ['push'] }]), 'error', 'alice gets nothing'],
  [explanation([], { code: 'login_required', message: 'log in' }), 'error', 'alice is denied: log in'],
])('sums up an explanation', (given, kind, title) => {
  expect(verdictOf(given)).toEqual({ kind, title });
});

test('says how the subject logs in', () => {
  expect(describeWho({ kind: 'user', name: 'alice', through: 'password' })).toBe('user alice, by password');
  expect(describeWho({ kind: 'anonymous', name: '', through: 'no login' })).toBe('a client without a login');
  expect(describeWho({ kind: 'user', name: 'bob', through: 'no login: disabled' })).toBe(
    'user bob: no login: disabled',
  );
});

const question = {
  host: 'registry.example.com',
  user: 'alice',
  token: 'laptop',
  address: '192.0.2.7',
  repository: 'team/app',
  actions: ['pull', 'push'],
};

test('the address of the page holds the question', () => {
  const query = Object.fromEntries(new URL(questionHref(question), 'http://x').searchParams);
  expect(readQuestion(query, '')).toEqual(question);
  expect(readQuestion({ actions: 'pull,<script>' }, 'h').actions).toEqual(['pull']);
});

test('names the command and the API call of the question', () => {
  expect(questionCommand(question)).toBe(
    'dockpass explain --host registry.example.com --user alice --token laptop --from 192.0.2.7 repository:team/app:pull,push',
  );
  expect(questionBody({ ...question, user: '', repository: '' })).toEqual({
    host: 'registry.example.com',
    address: '192.0.2.7',
    scopes: ['registry:catalog:*'],
  });
});
