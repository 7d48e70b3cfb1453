import type { Config } from '../../../config/load.ts';
import type { Store } from '../../../store/store.ts';
import type { Administration } from '../administration.ts';
import type { AuditOperations, Explanations, UsageOperations } from '../observation.ts';
import type { RetentionOperations } from '../retention.ts';
import type { TrustOperations } from '../trust.ts';
import { localGrants } from './grants.ts';
import { localGroups } from './groups.ts';
import { localRobots } from './robots.ts';
import { localSessions } from './sessions.ts';
import { localTokens } from './tokens.ts';
import { localUsers } from './users.ts';

/** The operations in the database of this installation. */
export function localAdministration(store: Store, config: Config): Administration {
  return {
    users: localUsers(store, config),
    groups: localGroups(store, config),
    grants: localGrants(store, config),
    tokens: localTokens(store),
    robots: localRobots(store, config),
    sessions: localSessions(store, config),
    trust: lateTrust(store, config),
    audit: lateAudit(store),
    explanations: lateExplanations(store, config),
    usage: lateUsage(store, config),
    retention: lateRetention(store, config),
  };
}

function lateAudit({ auditLog }: Store): AuditOperations {
  const load = async (): Promise<AuditOperations> => (await import('./audit.ts')).localAudit(auditLog);
  return {
    read: async function* (query) {
      yield* (await load()).read(query);
    },
    follow: async function* (query, signal) {
      yield* (await load()).follow(query, signal);
    },
    verify: async () => (await load()).verify(),
  };
}

function lateExplanations(store: Store, config: Config): Explanations {
  const load = async (): Promise<Explanations> =>
    (await import('./explanations.ts')).localExplanations(store, config);
  return {
    request: async (question) => (await load()).request(question),
    events: async (id) => (await load()).events(id),
  };
}

function lateUsage(store: Store, { events, tokens }: Config): UsageOperations {
  return {
    read: async (query) => {
      const { readUsage } = await import('../../../usage/read-usage.ts');
      return readUsage({ store, now: Date.now(), keepRaw: events.keepRaw }, query);
    },
    events: async (query, limit) => {
      const { readUsageEvents } = await import('../../../usage/read-events.ts');
      const { longestLifetime } = await import('../../../usage/find-token.ts');
      const parts = { store, tokenLifetime: longestLifetime(tokens) };
      return (await readUsageEvents(parts, query, { limit })).views;
    },
  };
}

function lateRetention(store: Store, config: Config): RetentionOperations {
  let loading: Promise<RetentionOperations> | undefined;
  const load = (): Promise<RetentionOperations> =>
    (loading ??= import('./retention.ts').then(({ localRetention }) => localRetention(store, config)));
  return {
    plan: async (onProgress) => (await load()).plan(onProgress),
    find: async (id) => (await load()).find(id),
    apply: async (id, onBegun) => (await load()).apply(id, onBegun),
  };
}

function lateTrust(store: Store, config: Config): TrustOperations {
  let loading: Promise<TrustOperations> | undefined;
  const load = (): Promise<TrustOperations> =>
    (loading ??= import('./trust.ts').then(({ localTrust }) => localTrust(store, config)));
  return {
    list: async () => (await load()).list(),
    find: async (name) => (await load()).find(name),
    add: async (rule) => (await load()).add(rule),
    confirm: async (name) => (await load()).confirm(name),
    remove: async (name) => (await load()).remove(name),
    test: async (jwt, host) => (await load()).test(jwt, host),
  };
}
