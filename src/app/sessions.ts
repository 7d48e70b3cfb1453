import { endLeastRecentlyUsed, endSession, type RevokingClient } from '../admin/sessions.ts';
import { cacheUntilChanged } from '../cache/until-changed.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import { enabledSubject, toAccount } from '../identity/account.ts';
import { createLastUseRecorder } from '../identity/token/last-use.ts';
import { createSessionLimit, maxSessions } from '../identity/token/session-limit.ts';
import { createServiceSessions, type Sessions } from '../identity/token/sessions.ts';
import { oneAfterAnother } from '../identity/one-after-another.ts';
import type { Log } from '../observe/log.ts';
import type { RefreshToken, Store } from '../store/store.ts';

export interface SessionFactory {
  /**
   * Returns the object that manages the sessions for this service name. The service name is a parameter, because a
   * reload of the configuration can change the setting `service`.
   */
  forService(service: string): Sessions;
  /** Writes the last-use times of refresh tokens to the database, if they are so far only in memory. */
  close(): Promise<void>;
}

/** Creates the factory of the objects that manage sessions. Each session belongs to one refresh token. */
export function createSessions(config: Config, store: Store, clock: Clock, log: Log): SessionFactory {
  const lastUses = createLastUseRecorder(store.refreshTokens.used, clock, (error) =>
    log.error('cannot write the last-use times of refresh tokens; trying again', error),
  );
  const find = cacheUntilChanged(store, async (hash) => {
    const found = await store.refreshTokens.findWithHolder(hash);
    return found && { token: found.token, holder: enabledSubject(toAccount(found.holder)) };
  });
  const findExcessSessions = createSessionLimit(store.refreshTokens, lastUses);
  // One after the other. Otherwise, two logins at the same time could choose the same sessions to end.
  const limitSessions = oneAfterAnother(async (token: RefreshToken, client: RevokingClient) => {
    const [first, ...others] = await findExcessSessions(token);
    if (first !== undefined)
      await endLeastRecentlyUsed(store, clock, [first, ...others], maxSessions, client);
  });
  const parts = {
    tokens: store.refreshTokens,
    find,
    lastUses,
    remove: (token: RefreshToken, client: RevokingClient) => endSession(store, clock, token, client),
    limitSessions,
    clock,
    onFailure: log.error,
  };
  return {
    forService: (service) => createServiceSessions({ ...config.tokens.refresh, service }, parts),
    close: () => lastUses.close(),
  };
}
