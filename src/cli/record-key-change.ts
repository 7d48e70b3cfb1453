import { existsSync } from 'node:fs';
import type { Config } from '../config/load.ts';
import { isPostgres, openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';

/** Writes into the audit log what was done with the keys. */
export function recordKeyChange(store: Store, what: string): Promise<void> {
  return store.change({ at: Date.now(), subject: '', what }, async () => undefined);
}

/** The same where no store is open. A command on keys makes no database: where none is, there is no audit log. */
export async function recordKeyChangeOf({ database }: Config, what: string): Promise<void> {
  if (!isPostgres(database) && !existsSync(database)) return;
  const store = await openStore(database);
  try {
    await recordKeyChange(store, what);
  } finally {
    await store.close();
  }
}
