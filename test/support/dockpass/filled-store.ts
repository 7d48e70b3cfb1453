import { createChangeEvent } from '../../../src/audit/change-event.ts';
import { formatEventText } from '../../../src/audit/event-text.ts';
import { auditChains, type Store } from '../../../src/store/store.ts';

/**
 * Writes rows to every table. They contain values that databases often treat differently, such as non-ASCII text,
 * names that differ only in case, null and large numbers.
 */
export async function fillStore(store: Store): Promise<void> {
  const lastUse = { at: 1_900_000_000, from: '2001:db8::1' };
  for (const name of ['Ünal', 'alice', 'bob', 'a-b']) {
    await store.change(
      { at: 1_700_000_000_123, subject: '', what: `user ${name} added: "ß", 漢字` },
      (ports) =>
        ports.users.add({
          name,
          role: 'writer',
          passwordHash: name === 'bob' ? null : `$argon2id$${name}`,
          disabled: name === 'bob',
          createdAt: 1,
          changedAt: 4_000_000_000,
          ...(name === 'alice' && { unlockedAt: 3 }),
        }),
    );
  }
  await store.htpasswdUsers.disable('carol', 1);
  await store.groups.add('team', 1);
  await store.groups.join('team', 'alice');
  await store.grants.put({
    subject: 'group:team',
    pattern: 'web/**',
    actions: ['pull', 'push'],
    createdAt: 1,
  });
  const only = [{ pattern: 'a/*', actions: ['pull' as const] }];
  const token = { hash: 'b'.repeat(64), name: 'ci', user: 'alice', only, createdAt: 1 };
  await store.accessTokens.add({ ...token, expiresAt: null, lastUse: null });
  await store.accessTokens.add({ ...token, hash: 'B1', name: 'Ci', only: null, expiresAt: 9, lastUse });
  const robot = { name: 'builder', only, disabled: false, createdAt: 1, expiresAt: null, lastUse };
  await store.robots.add(robot, { hash: 'c'.repeat(64), robot: 'builder', createdAt: 1, expiresAt: null });
  await store.consoleSessions.add({
    ...{ hash: 'e'.repeat(64), id: 'e1', user: 'alice', credential: '', host: 'registry.example.com:8443' },
    ...{ browser: 'Mozilla/5.0 "quoted"\ttab', createdAt: 1, lastUse: { at: 2, from: '2001:db8::1' } },
  });
  await store.refreshTokens.add({
    hash: 'd'.repeat(64),
    id: 'd1',
    user: 'alice',
    service: 'registry',
    host: 'registry.example.com:8443',
    client: 'docker/28 "quoted"\ttab',
    createdAt: 1,
    expiresAt: 2,
    lastUse,
  });
  await store.federatedSessions.add({
    ...{ hash: 'f'.repeat(64), id: 'f1', rule: 'acme-app', sources: ['https://ci.example.com'] },
    claims: { ref: 'refs/heads/ß', nested: { number: 1, lone: '\ud800', nul: '\0' } },
    ...{ service: 'registry', host: 'registry.example.com:8443', client: 'docker/28', createdAt: 1 },
    ...{ expiresAt: 4_000_000_000, lastUse },
  });
  await store.trustRuleUses.used(new Map([['acme-app', lastUse]]));
  await store.encryptedKeys.update(() => new Map([['authority', 'sealed']]));
  await store.facts.set('authority AB:CD', '');
  await store.idempotencyKeys.add({ caller: 'user Ünal', key: 'k"1', request: 'POST /users', createdAt: 1 });
  const pull = {
    ...{
      kind: 'get' as const,
      repository: 'tëam/app',
      digest: 'sha256:漢',
      mediaType: '',
      children: ['sha256:a'],
    },
    ...{ address: '2001:db8::1', host: 'registry.example.com:8443', userAgent: '"quoted"\ttab' },
  };
  await store.tagClaims.take({ repository: 'team/app', tag: 'v1', holder: 'a push' }, 60_000);
  await store.usage.record(
    [
      { ...pull, id: '1', at: 1_900_000_000_123, tag: 'V1', actor: 'alice', domain: 'private' },
      { ...pull, id: 'ß', at: 4_000_000_000_001, tag: null, actor: '', domain: 'public' },
    ],
    4_000_000_000_002,
  );
  const push = { kind: 'push', at: 4_000_000_000_001, actor: 'alice', domain: 'private' } as const;
  await store.usage.record([{ ...pull, ...push, id: '3', tag: 'ß' }], 4_000_000_000_002);
  await store.retentionPlans.add('plan 漢字', 4_000_000_000_001);
  await store.retentionPlans.takeLease('apply', 'ß', 1, 4_000_000_000_001);
  await store.idempotencyKeys.setAnswer('user Ünal', 'k"1', '{"name":"漢字"}');
  await store.trustRules.add({
    ...{ name: 'web', definition: { issuer: 'github', only: ['web/**:pull'] }, pins: ['repository_id'] },
    ...{ candidate: { claims: { actor: 'ß' }, seenAt: 1, address: '2001:db8::1' }, createdAt: 1 },
  });
  const source = 'https://issuer.example.com/Ünal ';
  await store.issuerKeys.save({ source, keySet: '{"keys":[]}', readAt: 1_900_000_000 });
  const unproven = [1, 2].map((at) =>
    formatEventText({ ...createChangeEvent({ at, subject: '', what: 'ß' }), outcome: 'refused' }),
  );
  await store.auditLog.append(unproven, false, 'unproven');
  for (const chain of auditChains)
    await store.auditLog.prune({ before: 0, maxEvents: chain === 'proven' ? 2 : 1 }, chain);
}
