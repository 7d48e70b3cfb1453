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
        events.push(`denied ${realm?.kind} ${error instanceof DockpassError ? error.code : String(error)}`);
        return 'denial-id';
      },
    },
  };
}

describe('issueToken', () => {
  test.each([
    ['another service', { service: 'other' }, 'wrong_service'],
    ['a request without a login', {}, 'login_required'],
    ['a wrong password', { credentials: { ...writer, password: new Secret('x') } }, 'wrong_credentials'],
    ['an unreadable scope', { credentials: writer, scopes: ['x'] }, 'bad_scope'],
  ])('denies %s and records that once', async (_what, change, code) => {
    const { events, recorder } = recording();
    const request = tokenRequest('registry.example.com', change);
    await expect(issueToken(request, quickIssuer({ record: recorder }))).rejects.toMatchObject({ code });
    expect(events).toEqual([`denied private ${code}`]);
  });

  test('records an issued token once', async () => {
    const { events, recorder } = recording();
    const request = tokenRequest('registry.example.com', { credentials: writer, service: 'registry' });
    await issueToken(request, quickIssuer({ record: recorder }));
    expect(events).toEqual(['issued id']);
  });

  test('reports a failed signature as an internal error and records it', async () => {
    const { events, recorder } = recording();
    const sign = (): Promise<never> => Promise.reject(new Error('no key'));
    const issuer = quickIssuer({ record: recorder, sign });
    await expect(issueToken(tokenRequest('pub.example.com'), issuer)).rejects.toMatchObject({
      code: 'internal',
      cause: new Error('no key'),
    });
    expect(events).toEqual(['denied public Error: no key']);
  });

  test('ignores the host of the request if an external URL is configured', async () => {
    const realms = { ...quickIssuer().realms, externalHost: parseHost('registry.example.com') };
    const request = tokenRequest('pub.example.com', { scopes: ['repository:open/a:pull'] });
    await expect(issueToken(request, quickIssuer({ realms }))).rejects.toMatchObject({
      code: 'login_required',
    });
    const open = { ...realms, externalHost: parseHost('pub.example.com') };
    const issuance = await issueToken(tokenRequest('registry.example.com'), quickIssuer({ realms: open }));
    expect(issuance.realm).toMatchObject({ kind: 'public', because: 'external url' });
  });

  test('denies the request if an authenticator fails', async () => {
    const broken = quickIssuer({
      authenticators: [() => Promise.reject(new Error('disk')), ...quickIssuer().authenticators],
    });
    const request = tokenRequest('registry.example.com', { credentials: writer });
    await expect(issueToken(request, broken)).rejects.toMatchObject({ code: 'unavailable', retryAfter: 5 });
  });

  test('asks the next authenticator after "not mine" but not after "wrong"', async () => {
    const request = tokenRequest('registry.example.com', { credentials: writer });
    const after = (verdict: 'not mine' | 'wrong') =>
      quickIssuer({ authenticators: [async () => ({ verdict }), ...quickIssuer().authenticators] });
    expect((await issueToken(request, after('not mine'))).subject).toMatchObject({ name: 'writer' });
    await expect(issueToken(request, after('wrong'))).rejects.toMatchObject({ code: 'wrong_credentials' });
  });

  test('issues a token with fewer actions than requested, unless all are required', async () => {
    const { events, recorder } = recording();
    const issuer = quickIssuer({ record: recorder });
    const reader = { kind: 'password', name: 'reader', password: new Secret('reader-secret') } as const;
    const request = tokenRequest('registry.example.com', {
      credentials: reader,
      scopes: ['repository:a:pull,push'],
    });
    expect((await issueToken(request, issuer)).grants).toMatchObject([{ actions: ['pull'] }]);
    await expect(issueToken({ ...request, requireAll: true }, issuer)).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining(
        'reader did not get all requested access on registry.example.com',
      ) as string,
    });
    const pull = { ...request, scopes: ['repository:a:pull'], requireAll: true };
    expect((await issueToken(pull, issuer)).grants).toMatchObject([{ actions: ['pull'] }]);
    expect(events).toEqual(['issued id', 'denied private forbidden', 'issued id']);
  });

  test('signs nothing if all actions are required and one is not granted', async () => {
    let signatures = 0;
    const sign = () => {
      signatures++;
      return Promise.reject(new Error('not expected'));
    };
    const request = tokenRequest('pub.example.com', { scopes: ['repository:open/a:push'], requireAll: true });
    await expect(issueToken(request, quickIssuer({ sign }))).rejects.toMatchObject({ code: 'forbidden' });
    expect(signatures).toBe(0);
  });
});
