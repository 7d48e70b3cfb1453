import type { Response } from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { explainEventsById } from '../../../src/explain/explain-events.ts';
import { refusalIn } from '../../support/dockpass/issuer.ts';
import {
  jobClaims,
  ruleOf,
  startFederatedServer,
  type FederatedServer,
} from '../../support/trust/federated-server.ts';

describe('why a JWT was rejected', () => {
  let federated: FederatedServer;
  beforeAll(async () => {
    federated = await startFederatedServer((ci) => [
      ruleOf(ci),
      ruleOf(ci, {
        name: 'elsewhere',
        audience: ['elsewhere.example.com'],
        when: { repository_id: '7', ref: 'x' },
      }),
    ]);
  });

  /** Logs in, and returns what `dockpass explain ID` prints about the rejection. */
  const explain = async (answer: Response): Promise<string> => {
    const [, id = ''] = /\(refusal ([0-9a-z]{12})\)/.exec(answer.text) ?? [];
    const { server, clock } = federated.server;
    let text = '';
    await expect
      .poll(async () => {
        const explained = await explainEventsById(id, server.store, clock()).catch(() => []);
        text = explained.map(({ line, meaning }) => [line, ...meaning].join('\n')).join('\n');
        return text;
      })
      .not.toBe('');
    return text;
  };
  const reject = async (claims: object): Promise<string> => {
    federated.server.clock.advance(61);
    const answer = await federated.login(await federated.ci.sign({ ...jobClaims, ...claims }), {
      user: 'alice',
    });
    expect(refusalIn(answer)).toBe('jwt_rejected');
    return explain(answer);
  };

  test('is explained to administrators: which rule nearly matches, and which claim does not', async () => {
    expect(await reject({ ref: 'refs/heads/fix' })).toMatch(
      /reason: jwt_rejected: no rule matches: acme-app: the claim ref is "refs\/heads\/fix", but must be "refs\/heads\/main"\ndockpass rejected the JWT/,
    );
    expect(await reject({ repository_id: undefined })).toContain('the JWT has no claim repository_id');
  });

  test.each([
    ['an expired JWT', { exp: 1_000_000_000, iat: 999_999_000 }, 'expired'],
    ['a foreign audience', { aud: 'other.example.com' }, 'audience'],
    ['a foreign issuer', { iss: 'https://evil.example.com' }, 'unknown issuer'],
  ])('is explained for %s', async (_, claims, problem) => {
    expect(await reject(claims)).toContain(`jwt_rejected: ${problem}: `);
  });

  test('cannot forge lines or fill the audit log', async () => {
    const ref = `x\r\n2026-03-01 issued alice \u001b[31m\u202e${'y'.repeat(3000)}`;
    const [line = '', ...meaning] = (await reject({ ref })).split('\n');
    expect(line.length).toBeLessThan(1200);
    expect(line).not.toMatch(/[\0-\x1f\u202e]/);
    expect(meaning[0]).toMatch(/^dockpass rejected the JWT/);
  });

  test('is not recorded under the user name that came with the JWT', async () => {
    await federated.server.addUser('alice', 'correct horse battery');
    expect(await reject({ ref: 'y' })).toMatch(/refused no known name/);
  });
});
