import { beforeAll, describe, expect, test } from 'vitest';
import { apiMethods, type ApiMethods } from '../../../support/api/methods.ts';
import { startIssuer, type TestIssuer } from '../../../support/dockpass/issuer.ts';

const password = 'correct horse battery';
let issuer: TestIssuer;
let api: ApiMethods;

beforeAll(async () => {
  issuer = await startIssuer({
    // No registry listens there.
    registries: ['http://127.0.0.1:9'],
    policy: [
      { deny: ['push'], to: ['users'], on: ['prod/**'] },
      { allow: ['pull'], to: ['group:none-such'], on: ['team/**'] },
      { allow: ['push'], to: ['robots'], on: ['team/**'] },
    ],
  });
  await issuer.addUser('root-1', password, 'admin');
  await issuer.addUser('alice', password);
  api = apiMethods(issuer, 'root-1', password);
});

describe('rules in the API', () => {
  test('lists the configured rules, and names those without an effect', async () => {
    const answer = await api.get('/rules?limit=2');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      items: [
        {
          number: 1,
          text: 'rule 1: deny push to users on prod/**',
          effect: 'deny',
          actions: ['push'],
          to: ['users'],
          on: ['prod/**'],
          realm: null,
          from: null,
          unused: null,
          subjects: { count: 2, names: ['alice', 'root-1'] },
        },
        { number: 2, subjects: { count: 0, names: [] } },
      ],
      file: issuer.config.file,
      warnings: [
        expect.stringMatching(/^policy rule 3 has no effect: /),
        'policy rule 2 has no effect for group:none-such: there is no group none-such yet',
      ],
      problem: expect.stringContaining('no registry answers') as string,
    });
    const { next } = answer.body as { next: string };
    const last = await api.get(`/rules?limit=2&cursor=${next}`);
    expect(last.body).toMatchObject({
      items: [{ number: 3, unused: expect.any(String) as string }],
      next: null,
    });
    expect((await api.get('/rules?q=prod')).body).toMatchObject({ items: [{ number: 1 }] });
  });

  test('shows what a pasted list would change, and for whom', async () => {
    const answer = await api.post('/rules/preview', {
      policy: '- deny: [push]\n  to: [user:alice]\n  on: [team/app]',
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      added: ['rule 1: deny push to user:alice on team/app'],
      removed: [
        'rule 1: deny push to users on prod/**',
        'rule 2: allow pull to group:none-such on team/**',
        'rule 3: allow push to robots on team/**',
      ],
      cut: [
        expect.stringMatching(
          /^the existing repositories are not compared, only examples: no registry answers/,
        ),
      ],
    });
    const { changes } = answer.body as { changes: readonly { subjects: readonly { name: string }[] }[] };
    expect(changes).toContainEqual(
      expect.objectContaining({
        subjects: [{ kind: 'user', name: 'alice' }],
        domain: 'private',
        repositories: [
          { repository: 'team/app', patterns: expect.arrayContaining(['team/app']) as string[] },
        ],
        before: ['pull', 'push'],
        after: ['pull'],
        gained: [],
        lost: ['push'],
        by: ['role writer: pull, push on **', 'policy rule 1: deny push to user:alice on team/app'],
        from: null,
      }),
    );
    // The preview changes nothing.
    expect((await api.get('/rules')).body).toMatchObject({ items: [{ number: 1, on: ['prod/**'] }, {}, {}] });
  });

  test.each([
    [{}, '/policy'],
    [{ policy: 1 }, '/policy'],
    [{ policy: [{ deny: ['push'], to: ['everyone'] }] }, '/policy/0/on'],
    [{ policy: [{ deny: ['run'], to: ['everyone'], on: ['a'] }] }, '/policy/0/deny/0'],
    [{ policy: [{ deny: ['push'], to: ['everyone'], on: ['a'], whom: 'x' }] }, '/policy/0/whom'],
    [{ policy: [{ to: ['everyone'], on: ['a'] }] }, '/policy/0'],
    [{ policy: '- deny: [push' }, '/policy'],
    [{ policy: [], apply: true }, '/apply'],
  ])('rejects %j with a pointer', async (body, pointer) => {
    const answer = await api.post('/rules/preview', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'bad_request', errors: [{ pointer }] });
  });

  test('are for administrators only', async () => {
    const alice = apiMethods(issuer, 'alice', password);
    expect((await alice.get('/rules')).status).toBe(403);
    expect((await alice.post('/rules/preview', { policy: [] })).status).toBe(403);
  });
});
