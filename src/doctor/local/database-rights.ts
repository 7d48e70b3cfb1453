import { isPostgres } from '../../store/open-store.ts';
import type { DatabaseRights } from '../../store/store.ts';
import { noFindings, warning, wrong } from '../finding.ts';
import { createProbe } from '../probe.ts';

/**
 * Checks that no other role can run code with the rights of dockpass in the PostgreSQL database, and that the right
 * to connect to the database is limited to some roles. If the database cannot be reached, other probes report that.
 */
export const databaseRights = createProbe<undefined, DatabaseRights | undefined>({
  measure: async ({ config: { database } }) => {
    if (!isPostgres(database)) return undefined;
    const { examinePostgres } = await import('../../store/postgres/schema.ts');
    return examinePostgres(database).catch(() => undefined);
  },
  judge: (rights) => {
    if (rights === undefined) return noFindings;
    const { ownership, publicAccess } = rights;
    const ofOwnership =
      ownership.length === 0
        ? noFindings
        : wrong('database_not_owned', {
            problem: `In the PostgreSQL database, ${ownership.map(({ problem }) => problem).join('; ')}.`,
            impact:
              'This role can make dockpass run code in the database. With this code, the role can make itself an administrator of dockpass.',
            fix: `Run these SQL statements as a superuser in this database: ${ownership.map(({ fix }) => `${fix};`).join(' ')} Then set databaseOwnership: require`,
          });
    const ofAccess =
      publicAccess === undefined
        ? noFindings
        : warning('database_open_to_all_roles', {
            problem: `In PostgreSQL, ${publicAccess.problem}.`,
            impact:
              'Each of these roles can send messages to all dockpass servers. The servers ignore the content of such messages, but reading the messages takes time. If the message queue is full, all changes stop.',
            fix: `Run these SQL statements as the owner of the database: ${publicAccess.fix};`,
          });
    return [...ofOwnership, ...ofAccess];
  },
});
