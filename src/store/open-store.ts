import { DockpassError } from '../errors.ts';
import type { Store } from './store.ts';

/** Opens the backend that `database` names. @throws DockpassError `database`, `data_directory` */
export async function openStore(database: string): Promise<Store> {
  if (/^postgres(ql)?:/.test(database)) {
    throw new DockpassError(
      'bad_configuration',
      'database: PostgreSQL comes with a later version; give the path of a file',
    );
  }
  const { openSqlite } = await import('./sqlite.ts');
  return openSqlite(database);
}
