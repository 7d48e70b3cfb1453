import { lookup } from 'node:dns/promises';
import { describe, expect, test } from 'vitest';
import { fakeClock } from '../../../../support/dockpass/issuer.ts';
import { testAuthority } from '../../../../support/tls/tls.ts';
import { startTrustIssuer, type TrustIssuer } from '../../../../support/trust/issuer.ts';
import { startVerifier, trustRule } from '../../../../support/trust/verifier.ts';
import type { TrustRule } from '../../../../../src/trust/trust-rule.ts';

const clock = fakeClock();
const authority = await testAuthority();
const issuer = await startTrustIssuer({ clock, authority });

/** Verifies a JWT with a new verifier, and returns `valid` or why it is rejected. */
async function check(of: TrustIssuer, change: Partial<TrustRule> = {}): Promise<string> {
  const rule = trustRule(of, change);
  const jwt = await of.sign({ iss: rule.issuer });
  const verification = await (await startVerifier(clock)).verify(jwt, rule);
  return verification.isValid ? 'valid' : `${verification.problem}: ${verification.detail}`;
}

describe('a rule of the database', () => {
  const port = new URL(issuer.url).port;

  test.each(['localhost', '127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '0.0.0.0', '127.1'])(
    'does not make the server connect to the loopback address %s',
    async (host) => {
      const before = { ...issuer.requestCounts };
      const named = { origin: 'database', issuer: `https://${host}:${port}` } as const;
      expect(await check(issuer, named)).toMatch(/^keys unavailable: .* is not a public address/);
      expect(await check(issuer, { ...named, jwks: `https://${host}:${port}/keys` })).toMatch(
        /^keys unavailable: .* is not a public address/,
      );
      expect(issuer.requestCounts).toEqual(before);
    },
  );

  test.each(['10.0.0.1', '172.16.0.1', '192.168.1.1', '169.254.169.254', '[fe80::1]', '[fd00::1]'])(
    'does not make the server connect to the private address %s',
    async (host) => {
      expect(await check(issuer, { origin: 'database', issuer: `https://${host}` })).toMatch(
        /is not a public address.*dockpass\.yml/,
      );
    },
  );

  test('may have the same issuer as a rule of the file, which then allows the private address', async () => {
    const rules = [trustRule(issuer), trustRule(issuer, { name: 'second', origin: 'database' })];
    const verifier = await startVerifier(clock);
    expect(await verifier.verify(await issuer.sign(), ...rules)).toMatchObject({ isValid: true });
  });
});

describe('a document is rejected', () => {
  const answering = async (
    document: 'discovery' | 'jwks',
    responder: Parameters<TrustIssuer['answer']>[1],
  ): Promise<string> => {
    const other = await startTrustIssuer({ clock, authority });
    other.answer(document, responder);
    return check(other);
  };

  test.each([302, 308])('if it is a redirect (%s), which is not followed', async (status) => {
    const before = { ...issuer.requestCounts };
    for (const location of [issuer.jwksUrl, 'http://localhost/', 'file:///etc/passwd'])
      expect(
        await answering('jwks', (_, response) => response.writeHead(status, { location }).end()),
      ).toContain('redirects are not followed');
    expect(issuer.requestCounts).toEqual(before);
  });

  test.each([204, 404, 500])('if its status is %s', async (status) => {
    expect(await answering('discovery', (_, response) => response.writeHead(status).end())).toContain(
      `status ${status}`,
    );
  });

  test('if it is larger than 512 KiB, and the rest is not read', async () => {
    const closed = new Promise<void>((resolve) => {
      issuer.answer('jwks', (_, response) => {
        response.once('close', resolve);
        response.write(' '.repeat(512 * 1024 + 1));
      });
    });
    expect(await check(issuer)).toContain('larger than 512 KiB');
    await closed;
    issuer.answer('jwks', undefined);
  });

  test('if the connection ends before the document does', async () => {
    const answer = await answering('jwks', (_, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('{"keys":[', () => response.destroy());
    });
    expect(answer).toMatch(/^keys unavailable/);
  });

  test.each<[string, (name: string) => string]>([
    ['has a slash more', (name) => `${name}/`],
    ['is another one', () => 'https://token.actions.githubusercontent.com'],
  ])('if it is a discovery document whose issuer %s', async (_, change) => {
    const other = await startTrustIssuer({ clock, authority });
    other.answer('discovery', (_request, response) =>
      response.end(JSON.stringify({ issuer: change(other.issuer), jwks_uri: other.jwksUrl })),
    );
    expect(await check(other)).toContain('names the issuer');
    expect(other.requestCounts.jwks).toBe(0);
  });

  test.each(['http://localhost/keys', 'file:///etc/passwd', '/keys', 'https://', 1, undefined])(
    'if it is a discovery document with the key set %s',
    async (jwks) => {
      const other = await startTrustIssuer({ clock, authority });
      other.answer('discovery', (_, response) =>
        response.end(JSON.stringify({ issuer: other.issuer, jwks_uri: jwks })),
      );
      expect(await check(other)).toContain('names no https URL');
    },
  );

  test('if it is a discovery document that is not JSON', async () => {
    expect(await answering('discovery', (_, response) => response.end('<html>'))).toContain('is not JSON');
  });

  test('if the server has a certificate that this machine does not trust', async () => {
    const rule = { issuer: issuer.url.replace('localhost', 'localhost.localdomain') };
    const isResolved = await lookup('localhost.localdomain').then(
      () => true,
      () => false,
    );
    expect(await check(issuer, rule)).toMatch(isResolved ? /altname|certificate/ : /keys unavailable/);
  });
});

test('the issuer may have a path, also with a slash at its end', async () => {
  const withPath = await startTrustIssuer({ clock, authority, path: '/_services/token' });
  expect(await check(withPath)).toBe('valid');
  const slash = await startTrustIssuer({ clock, authority });
  slash.answer('discovery', (_, response) =>
    response.end(JSON.stringify({ issuer: `${slash.url}/`, jwks_uri: slash.jwksUrl })),
  );
  expect(await check(slash, { issuer: `${slash.url}/` })).toBe('valid');
});
