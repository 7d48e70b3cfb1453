import { endSession, type RevokingClient } from '../admin/sessions.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import { enabledSubject, toAccount } from '../identity/account.ts';
import { createLastUseRecorder } from '../identity/token/last-use.ts';
import { createServiceSessions, type Sessions } from '../identity/token/sessions.ts';
import type { Log } from '../observe/log.ts';
import { cacheUntilChanged } from '../cache/until-changed.ts';
import type { RefreshToken, Store } from '../store/store.ts';

export interface SessionFactory {
  /** Those of one service; a reload may name another. */
  serving(service: string): Sessions;
  /** Writes the last uses that are still held. */
  close(): Promise<void>;
}

/** The composition root's part for refresh tokens. */
export function createSessions(config: Config, store: Store, clock: Clock, log: Log): SessionFactory {
  const lastUses = createLastUseRecorder(store.refreshTokens.used, clock, (error) =>
    log.error('last uses of refresh tokens cannot be written; they are tried again', error),
  );
  const find = cacheUntilChanged(store, async (hash) => {
    const found = await store.refreshTokens.findWithHolder(hash);
    return found && { token: found.token, holder: enabledSubject(toAccount(found.holder)) };
  });
  const parts = {
    tokens: store.refreshTokens,
    find,
    lastUses,
    remove: (token: RefreshToken, client: RevokingClient) => endSession(store, clock, token, client),
    clock,
    onFailure: log.error,
  };
  return {
    serving: (service) => createServiceSessions({ ...config.tokens.refresh, service }, parts),
    close: () => lastUses.close(),
  };
}
