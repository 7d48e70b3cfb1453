import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { recordCandidate } from '../../../../src/admin/trust/candidate.ts';
import { findNameConflicts } from '../../../../src/admin/trust/name-conflicts.ts';
import {
  addTrustRule,
  confirmTrustRule,
  findTrustRule,
  listTrustRules,
  removeTrustRule,
} from '../../../../src/admin/trust/rules.ts';
import { readRulesInForce } from '../../../../src/admin/trust/rules-in-force.ts';
import type { Config } from '../../../../src/config/load.ts';
import type { Store, TrustDefinition } from '../../../../src/store/store.ts';
import { findRule } from '../../../../src/trust/find-rule.ts';
import { keySourceOf } from '../../../../src/trust/trust-rule.ts';
import { configIn } from '../../../support/dockpass/settings.ts';
import { temporaryDirectory } from '../../../support/run/temp.ts';
import { clock, nowInSeconds, type NewAdminDatabase } from './admin-database.ts';

const github = 'https://token.actions.githubusercontent.com';
const definition: TrustDefinition = {
  issuer: 'github',
  when: { repository: ['acme/app'], ref: ['refs/heads/main'] },
  only: ['acme/app/**:pull,push'],
};
const ids = ['repository_id', 'repository_owner_id'];
const waiting = { name: 'acme-app', definition, pins: ids };
const claims = {
  iss: github,
  aud: 'registry.example.com',
  repository: 'acme/app',
  repository_id: '260064828',
  repository_owner_id: '65',
  ref: 'refs/heads/main',
  actor: 'alice',
  private_note: 'not one of the claims that are shown',
};
const fileRule = { name: 'in-file', issuer: 'github', when: { repository_id: '1' }, only: ['a/**:pull'] };

/** Tests trust rules in the database, which must behave the same on every database. */
export function trustBehaviour(backend: string, newDatabase: NewAdminDatabase): void {
  describe(`${backend}: trust rules`, () => {
    let store: Store;
    let config: Config;
    /** The number of audit rows of earlier tests. */
    let earlierRows: number;
    beforeAll(async () => {
      store = await (await newDatabase()).connect();
    });
    beforeEach(async () => {
      for (const { name } of await store.trustRules.list()) await store.trustRules.remove(name);
      earlierRows = (await store.auditLog.list({})).length;
      config = await configIn(await temporaryDirectory('trust'), { ...withDomain, trust: [fileRule] });
    });
    const events = async () => (await store.auditLog.list({})).slice(earlierRows);
    const add = (name: string, change: TrustDefinition = {}, pins: readonly string[] = []) =>
      addTrustRule(store, clock, config, { name, definition: { ...definition, ...change }, pins });
    const match = async (jwt: Readonly<Record<string, unknown>> = claims) => {
      const rules = await readRulesInForce(store, config);
      return findRule(rules, { claims: jwt, sources: rules.map(keySourceOf) });
    };

    test('a rule is listed after those of the file, in the order in which rules were added', async () => {
      await add('zeta');
      await add('Alpha');
      const listed = await listTrustRules(store, config);
      expect(listed.map(({ name, origin }) => [name, origin])).toEqual([
        ['in-file', 'file'],
        ['zeta', 'database'],
        ['alpha', 'database'],
      ]);
      expect(listed[1]).toMatchObject({
        issuer: github,
        preset: 'github',
        jwks: null,
        audience: expect.arrayContaining(['registry.example.com', 'https://registry.example.com']) as unknown,
        when: { repository: ['acme/app'], ref: ['refs/heads/main'] },
        only: ['acme/app/**:pull,push'],
        session: '1h',
        isPending: false,
        pin: [],
        candidate: null,
        lastUsedAt: null,
        lastUsedFrom: null,
      });
      expect(await match()).toMatchObject({ name: 'zeta', origin: 'database', isPending: false });
    });

    test('a name is taken only once in the file and the database', async () => {
      await add('acme-app');
      await expect(add('ACME-app')).rejects.toMatchObject({
        code: 'already_exists',
        message: expect.stringContaining('dockpass trust remove acme-app') as string,
      });
      await expect(add('in-file')).rejects.toMatchObject({ code: 'already_exists' });
      expect(await store.trustRules.list()).toHaveLength(1);
      expect(await events()).toHaveLength(1);
    });

    test('a wrong definition is rejected with what to do, and changes nothing', async () => {
      const rejected = async (change: TrustDefinition, pins?: readonly string[]): Promise<string> => {
        const error = await add('wrong', change, pins).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: 'bad_usage' });
        return (error as Error).message;
      };
      expect(await rejected({ jwks: '/etc/keys.json' })).toMatch(/^jwks: .*configuration file/);
      expect(await rejected({ issuer: 'https://10.0.0.5' })).toMatch(/^issuer: .*private network/);
      expect(await rejected({ issuer: 'https://localhost:8443' })).toMatch(/^issuer: /);
      expect(await rejected({ issuer: 'http://ci.example.com' })).toMatch(/^issuer: .*https/);
      expect(await rejected({ when: { ref: 'refs/heads/main' } })).toMatch(/^when: .*repository_id/);
      expect(await rejected({ only: ['acme/${repo/**:pull'] })).toMatch(/^only/);
      expect(await rejected({ session: '7h' })).toMatch(/^session: .*6h/);
      expect(await rejected({}, ['repository'])).toMatch(/^pin: /);
      expect(await rejected({}, ['a//b'])).toMatch(/^pin: /);
      await expect(add('-x-')).rejects.toMatchObject({ code: 'bad_name' });
      expect(await store.trustRules.list()).toEqual([]);
      expect(await events()).toEqual([]);
    });

    test('a rule can name the private issuer of a rule in the file, but no file with keys', async () => {
      const issuer = 'https://gitlab.internal';
      const trust = [{ ...fileRule, issuer, when: { project_id: '1' } }];
      config = await configIn(await temporaryDirectory('trust'), { ...withDomain, trust });
      await add('private', { issuer, when: { project_id: '2' } });
      expect(await match({ ...claims, iss: issuer, project_id: '2' })).toMatchObject({
        name: 'private',
        origin: 'database',
      });
      await expect(add('keys', { issuer, jwks: 'keys.json' })).rejects.toMatchObject({ code: 'bad_usage' });
    });

    test('a rule without an audience needs a private domain', async () => {
      config = await configIn(await temporaryDirectory('trust'), {});
      await expect(add('alone')).rejects.toMatchObject({
        code: 'bad_usage',
        message: expect.stringMatching(/^audience: .*up\.privateDomains/) as string,
      });
      await add('named', { audience: ['registry.example.com'] });
      expect(await match()).toMatchObject({ name: 'named' });
    });

    test('a rule that no longer fits the configuration grants nothing, and says why', async () => {
      await add('acme-app');
      const without = await configIn(await temporaryDirectory('trust'), {});
      expect(await readRulesInForce(store, without)).toEqual([]);
      const [rule] = await listTrustRules(store, without);
      expect(rule).toMatchObject({ name: 'acme-app', issuer: 'github', only: ['acme/app/**:pull,push'] });
      expect(rule?.warnings.join()).toMatch(/grants nothing: audience .*up\.privateDomains/);
      await removeTrustRule(store, clock, without, 'acme-app');
    });

    test('each change is in the audit log', async () => {
      await add('plain', { session: '30m' });
      await addTrustRule(store, clock, config, waiting);
      await recordCandidate(store, clock, 'acme-app', claims, '192.0.2.1');
      await confirmTrustRule(store, clock, config, 'Acme-App');
      expect(await removeTrustRule(store, clock, config, 'PLAIN')).toBe('plain');
      const rows = await events();
      expect(rows.map(({ subject, reason }) => [subject, reason])).toEqual([
        [
          'ci:plain',
          'trust rule plain added: issuer github, repository acme/app, ref refs/heads/main, rights acme/app/**:pull,push, session 1800s',
        ],
        [
          'ci:acme-app',
          'trust rule acme-app added: issuer github, repository acme/app, ref refs/heads/main, rights acme/app/**:pull,push, session 3600s; waits for the confirmation of repository_id, repository_owner_id',
        ],
        [
          'ci:acme-app',
          'trust rule acme-app waits for confirmation: a JWT with repository_id 260064828, repository_owner_id 65 has come',
        ],
        ['ci:acme-app', 'trust rule acme-app confirmed: repository_id 260064828, repository_owner_id 65'],
        ['ci:plain', 'trust rule plain removed'],
      ]);
      expect(rows.map(({ address }) => address)).toEqual(['', '', '192.0.2.1', '', '']);
    });

    test('a rule with pins grants nothing until the ids of its first JWT are confirmed', async () => {
      expect(await addTrustRule(store, clock, config, waiting)).toMatchObject({ isPending: true, pin: ids });
      expect(await match()).toMatchObject({ name: 'acme-app', isPending: true });
      await expect(confirmTrustRule(store, clock, config, 'acme-app')).rejects.toMatchObject({
        code: 'nothing_to_confirm',
        message: expect.stringContaining('run the job once') as string,
      });
      await recordCandidate(store, clock, 'acme-app', claims, '192.0.2.1');
      const { private_note: _, iss: __, aud: ___, ...shown } = claims;
      expect((await findTrustRule(store, config, 'acme-app')).candidate).toEqual({
        claims: shown,
        seenAt: new Date(nowInSeconds * 1000).toISOString().replace('.000', ''),
        address: '192.0.2.1',
      });
      expect(await confirmTrustRule(store, clock, config, 'acme-app')).toMatchObject({
        isPending: false,
        pin: [],
        candidate: null,
        when: { repository: ['acme/app'], repository_id: ['260064828'], repository_owner_id: ['65'] },
      });
      expect(await match()).toMatchObject({ name: 'acme-app', isPending: false });
      expect(await match({ ...claims, repository_id: '7' })).toBeUndefined();
      await expect(confirmTrustRule(store, clock, config, 'acme-app')).rejects.toMatchObject({
        code: 'nothing_to_confirm',
      });
    });

    test('later JWTs never replace the first, and one with other ids is shown', async () => {
      await addTrustRule(store, clock, config, waiting);
      await recordCandidate(store, clock, 'acme-app', claims, '192.0.2.1');
      await recordCandidate(store, clock, 'acme-app', { ...claims, actor: 'bob' }, '192.0.2.2');
      for (const id of ['7', '8', '9'])
        await recordCandidate(store, clock, 'acme-app', { ...claims, repository_id: id }, '192.0.2.3');
      const rule = await findTrustRule(store, config, 'acme-app');
      expect(rule.candidate).toMatchObject({ claims: { actor: 'alice', repository_id: '260064828' } });
      expect(rule.warnings).toEqual([
        expect.stringMatching(
          /^a JWT with other ids came at \S+ from 192\.0\.2\.3: repository_id 7, repository_owner_id 65\. .*trust remove acme-app/,
        ),
      ]);
      // One row for the rule, one for its first JWT, and one for the first with other ids.
      expect(await events()).toHaveLength(3);
      expect(await confirmTrustRule(store, clock, config, 'acme-app')).toMatchObject({
        when: { repository_id: ['260064828'] },
      });
    });

    test('a JWT without the ids cannot be confirmed, and a later one with them replaces it', async () => {
      const pins = ['organization_id', 'pipeline_id'];
      const when = { organization_slug: 'acme', pipeline_slug: 'app' };
      await add('build', { issuer: 'buildkite', when }, pins);
      await recordCandidate(store, clock, 'build', { organization_slug: 'acme' }, '192.0.2.1');
      await expect(confirmTrustRule(store, clock, config, 'build')).rejects.toMatchObject({
        code: 'nothing_to_confirm',
        message: expect.stringContaining('--claim organization_id,pipeline_id') as string,
      });
      const complete = { organization_id: 'f8', pipeline_id: '01' };
      await recordCandidate(store, clock, 'build', complete, '192.0.2.1');
      expect(await confirmTrustRule(store, clock, config, 'build')).toMatchObject({
        when: { organization_id: ['f8'], pipeline_id: ['01'] },
      });
    });

    test('a value that could match other JWTs, or that is no short text, is never confirmed', async () => {
      await addTrustRule(store, clock, config, waiting);
      for (const value of ['*', 'a*b', 'x'.repeat(500), 'a\nb', '', ['1', '2'], { id: 1 }, null]) {
        const jwt = { ...claims, repository_id: value };
        await recordCandidate(store, clock, 'acme-app', jwt, '192.0.2.1');
        await expect(confirmTrustRule(store, clock, config, 'acme-app')).rejects.toMatchObject({
          code: 'nothing_to_confirm',
        });
        await store.trustRules.remove('acme-app');
        await addTrustRule(store, clock, config, waiting);
      }
      await recordCandidate(store, clock, 'acme-app', { sub: 'x'.repeat(100_000) }, '192.0.2.1');
      expect(JSON.stringify(await store.trustRules.list()).length).toBeLessThan(1000);
    });

    test('a JWT is recorded only for a rule that waits', async () => {
      await add('active');
      for (const name of ['active', 'in-file', 'missing'])
        await recordCandidate(store, clock, name, claims, '192.0.2.1');
      expect((await store.trustRules.list()).map(({ candidate }) => candidate)).toEqual([null]);
      expect(await events()).toHaveLength(1);
    });

    test('numbers and nested claims are confirmed by their JSON text', async () => {
      const nested = { issuer: 'https://jenkins.example.com/oidc', when: { sub: 'job:1' } };
      await add('nested', nested, ['kubernetes.io/namespace', 'number']);
      const jwt = { sub: 'job:1', number: 42, 'kubernetes.io': { namespace: 'web' } };
      await recordCandidate(store, clock, 'nested', jwt, '192.0.2.1');
      await confirmTrustRule(store, clock, config, 'nested');
      const full = { ...jwt, iss: nested.issuer, aud: 'registry.example.com' };
      expect(await match(full)).toMatchObject({ name: 'nested' });
      expect(await match({ ...full, number: 43 })).toBeUndefined();
    });

    test('a rule of the file is neither removed nor confirmed', async () => {
      for (const change of [removeTrustRule, confirmTrustRule]) {
        await expect(change(store, clock, config, 'In-File')).rejects.toMatchObject({ code: 'rule_in_file' });
        await expect(change(store, clock, config, 'missing')).rejects.toMatchObject({
          code: 'no_such_trust_rule',
        });
      }
      expect(await events()).toEqual([]);
    });

    test('removing a rule also removes its last use', async () => {
      await add('acme-app');
      await store.trustRuleUses.used(new Map([['acme-app', { at: 1_700_000_000, from: '192.0.2.1' }]]));
      expect(await findTrustRule(store, config, 'acme-app')).toMatchObject({
        lastUsedAt: '2023-11-14T22:13:20Z',
        lastUsedFrom: '192.0.2.1',
      });
      await removeTrustRule(store, clock, config, 'acme-app');
      expect(await store.trustRuleUses.list()).toEqual(new Map());
    });

    test('a name in the file and in the database is found, and the rule of the database grants nothing', async () => {
      await add('acme-app', { when: { repository: 'acme/app' } });
      expect(await findNameConflicts(store, config)).toEqual([]);
      const trust = [{ ...fileRule, name: 'acme-app' }];
      const conflicting = await configIn(await temporaryDirectory('trust'), { ...withDomain, trust });
      expect(await findNameConflicts(store, conflicting)).toEqual([
        expect.stringMatching(
          /acme-app is in the configuration file and in the database: .*trust remove acme-app/,
        ),
      ]);
      expect((await readRulesInForce(store, conflicting)).map(({ origin }) => origin)).toEqual(['file']);
      expect(await removeTrustRule(store, clock, conflicting, 'acme-app')).toBe('acme-app');
      expect(await findNameConflicts(store, conflicting)).toEqual([]);
    });
  });
}

const withDomain = { up: { privateDomains: ['registry.example.com'] } };
