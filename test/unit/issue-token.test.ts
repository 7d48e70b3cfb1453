import { describe, expect, test } from 'vitest';
import { DockpassError } from '../../src/errors.ts';
import { Secret } from '../../src/secret.ts';
import { issueToken, type Recorder } from '../../src/issue-token.ts';
import { parseHost } from '../../src/net/host.ts';
import { quickIssuer, tokenRequest } from '../support/dockpass/issuer-parts.ts';

const writer = { kind: 'password', name: 'writer', password: new Secret('writer-secret') } as const;

function recording(): { events: string[]; recorder: Recorder } {
  const events: string[] = [];
  return {
    events,
    recorder: {
      issued: (_request, { token }) => void events.push(`issued ${token.id}`),
      denied: (_request, realm, error) => {
        events.push(`refused ${realm?.kind} ${error instanceof DockpassError ? error.code : String(error)}`);
        return 'refusal-id';
      },
    },
  };
}

describe('issueToken', () => {
  test.each([
    ['another service', { service: 'other' }, 'wrong_service'],
    ['nobody logged in', {}, 'login_required'],
    ['a wrong password', { credentials: { ...writer, password: new Secret('x') } }, 'wrong_credentials'],
    ['an unreadable scope', { credentials: writer, scopes: ['x'] }, 'bad_scope'],
  ])('%s is refused, and recorded once', async (_what, change, code) => {
    const { events, recorder } = recording();
    const request = tokenRequest('registry.example.com', change);
    await expect(issueToken(request, quickIssuer({ record: recorder }))).rejects.toMatchObject({ code });
    expect(events).toEqual([`refused private ${code}`]);
  });

  test('an issuance is recorded once', async () => {
    const { events, recorder } = recording();
    const request = tokenRequest('registry.example.com', { credentials: writer, service: 'registry' });
    await issueToken(request, quickIssuer({ record: recorder }));
    expect(events).toEqual(['issued id']);
  });

  test('a signer that fails is recorded, and no refusal of ours', async () => {
    const { events, recorder } = recording();
    const sign = (): Promise<never> => Promise.reject(new Error('no key'));
    const issuer = quickIssuer({ record: recorder, sign });
    await expect(issueToken(tokenRequest('pub.example.com'), issuer)).rejects.toMatchObject({
      code: 'internal',
      cause: new Error('no key'),
    });
    expect(events).toEqual(['refused public Error: no key']);
  });

  test('with an external url there is one door, whatever the Host says', async () => {
    const realms = { ...quickIssuer().realms, externalHost: parseHost('registry.example.com') };
    const request = tokenRequest('pub.example.com', { scopes: ['repository:open/a:pull'] });
    await expect(issueToken(request, quickIssuer({ realms }))).rejects.toMatchObject({
      code: 'login_required',
    });
    const open = { ...realms, externalHost: parseHost('pub.example.com') };
    const issuance = await issueToken(tokenRequest('registry.example.com'), quickIssuer({ realms: open }));
    expect(issuance.realm).toMatchObject({ kind: 'public', because: 'external url' });
  });

  test('an authenticator that cannot answer denies', async () => {
    const broken = quickIssuer({
      authenticators: [() => Promise.reject(new Error('disk')), ...quickIssuer().authenticators],
    });
    const request = tokenRequest('registry.example.com', { credentials: writer });
    await expect(issueToken(request, broken)).rejects.toMatchObject({ code: 'unavailable', retryAfter: 5 });
  });

  test('"not mine" hands on to the next, "wrong" does not', async () => {
    const request = tokenRequest('registry.example.com', { credentials: writer });
    const after = (verdict: 'not mine' | 'wrong') =>
      quickIssuer({ authenticators: [async () => ({ verdict }), ...quickIssuer().authenticators] });
    expect((await issueToken(request, after('not mine'))).subject).toMatchObject({ name: 'writer' });
    await expect(issueToken(request, after('wrong'))).rejects.toMatchObject({ code: 'wrong_credentials' });
  });
});
