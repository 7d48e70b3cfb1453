import { describe, expect, test } from 'vitest';
import type { Credentials } from '../../../src/identity/credentials.ts';
import { Secret } from '../../../src/secret.ts';
import { issueToken, type Issuer } from '../../../src/issue-token.ts';
import { formatScope } from '../../../src/scope/scope.ts';
import { quickIssuer, tokenRequest } from '../../support/dockpass/issuer-parts.ts';

const everything = 'repository:open/app:pull,push,delete,*';

const as = (name: string): Credentials =>
  name === 'nobody' ? { kind: 'none' } : { kind: 'password', name, password: new Secret(`${name}-secret`) };

/** Returns the actions that the policy grants for a scope, and the reason. */
async function verdict(host: string, who: string, scope: string, issuer: Issuer = quickIssuer()) {
  const { grants } = await issueToken(tokenRequest(host, { credentials: as(who), scopes: [scope] }), issuer);
  return [grants[0]?.actions.join(','), grants[0]?.reason];
}

describe('the rights of each role', () => {
  test.each([
    ['nobody', 'pull'],
    ['reader', 'pull'],
    ['writer', 'pull'],
    ['admin', 'pull'],
  ])('on the public domain, %s gets %s', async (who, actions) => {
    expect(await verdict('pub.example.com', who, everything)).toEqual([actions, 'public repository']);
  });

  test('on the private domain, the role none gets nothing', async () => {
    expect(await verdict('registry.example.com', 'none', everything)).toEqual(['', 'no matching right']);
    expect(await verdict('pub.example.com', 'none', everything)).toEqual(['pull', 'public repository']);
  });

  test.each([
    ['reader', 'pull'],
    ['writer', 'pull,push'],
    ['admin', 'pull,push,delete,*'],
  ])('on the private domain, %s gets %s', async (who, actions) => {
    expect(await verdict('registry.example.com', who, everything)).toEqual([actions, 'role']);
    expect(await verdict('registry.example.com', who, 'repository:team/secret:*')).toEqual([actions, 'role']);
  });

  test('requires a login on a private domain', async () => {
    await expect(verdict('registry.example.com', 'nobody', everything)).rejects.toMatchObject({
      code: 'login_required',
    });
  });

  test.each(['nobody', 'reader', 'writer', 'admin'])(
    'on the public domain, %s gets only pulls from publicRepositories',
    async (who) => {
      expect(await verdict('pub.example.com', who, 'repository:team/secret:pull')).toEqual([
        '',
        'not a public repository',
      ]);
      expect(await verdict('pub.example.com', who, 'registry:catalog:*')).toEqual([
        '*',
        'may list what is public',
      ]);
      expect((await verdict('pub.example.com', who, 'repository:open/app:push'))[0]).toBe('');
    },
  );

  test.each([
    ['own', 'reader', '*'],
    ['own', 'admin', '*'],
    ['admins', 'reader', ''],
    ['admins', 'writer', ''],
    ['admins', 'admin', '*'],
    ['users', 'reader', '*'],
    ['users', 'writer', '*'],
    ['users', 'admin', '*'],
  ] as const)('with catalog: %s, the role %s gets %j', async (catalog, who, actions) => {
    const issuer = quickIssuer({ policy: { ...quickIssuer().policy, catalog } });
    expect((await verdict('registry.example.com', who, 'registry:catalog:*', issuer))[0]).toBe(actions);
  });

  test.each([
    'registry:other:*',
    'artifact:a:pull',
    'registry:catalog:pull',
    'repository:a:mount',
    'repository:a:',
  ])('the scope %s grants nothing, even to an administrator', async (scope) => {
    expect((await verdict('registry.example.com', 'admin', scope))[0]).toBe('');
  });

  test('returns one grant for each scope, in the order of the scopes', async () => {
    const scopes = ['repository:b:pull', 'registry:catalog:*', 'repository:a:push', 'repository:b:push'];
    const request = tokenRequest('registry.example.com', { credentials: as('writer'), scopes });
    const { grants } = await issueToken(request, quickIssuer());
    expect(grants.map(({ scope }) => formatScope(scope))).toEqual(scopes);
  });
});
