import Database from 'better-sqlite3';
import { openStore } from '../src/store/open-store.ts';
import { population, secretHash } from './database-costs.ts';
import { query } from './postgres-server.ts';

// Fills both databases with the same rows: users with two grants, an access token and a refresh token each, and robots.
// Filling is not measured, so the rows are inserted with SQL. Through the functions of the store it would take minutes.

const only = '[{"pattern":"team/**","actions":["pull"]}]';
// The hash is not valid, but has the length of a real one.
const hash = `$argon2id$v=19$m=19456,t=2,p=1$${'a'.repeat(22)}$${'b'.repeat(43)}`;

export async function fillPostgres(url: string): Promise<void> {
  await (await openStore(url)).close();
  const each = `from generate_series(0, ${population - 1}) i`;
  const sha = (text: string): string => `encode(sha256((${text} || i)::bytea), 'hex')`;
  await query(
    url,
    `insert into users (name, role, password_hash, disabled, created_at, changed_at) select 'user-' || i, 'writer', '${hash}', 0, 1, 1 ${each}`,
    `insert into grants select 'user-' || i, 'team-' || i % 50 || '/**', 'pull,push', 1 ${each}`,
    `insert into grants select 'user-' || i, 'home/user-' || i || '/**', 'pull,push,delete', 1 ${each}`,
    `insert into access_tokens (hash, name, user_name, created_at) select ${sha("'token-'")}, 'ci', 'user-' || i, 1 ${each}`,
    `insert into refresh_tokens select ${sha("'session-'")}, 'session-' || i, 'user-' || i, 'registry', 'registry.example.com', 'docker', 1, 4000000000, 1, '192.0.2.1' ${each}`,
    `insert into robots (name, only_rights, disabled, created_at) select 'robot-' || i, '${only}', 0, 1 ${each}`,
    `insert into robot_secrets (hash, robot_name, created_at) select ${sha("'robot-'")}, 'robot-' || i, 1 ${each}`,
    'vacuum analyze',
  );
}

export async function fillSqlite(path: string): Promise<void> {
  await (await openStore(path)).close();
  const database = new Database(path);
  database.pragma('synchronous = off');
  const statements = [
    `insert into users (name, role, password_hash, disabled, created_at, changed_at) values ('user-' || :i, 'writer', '${hash}', 0, 1, 1)`,
    `insert into grants values ('user-' || :i, 'team-' || :i % 50 || '/**', 'pull,push', 1)`,
    `insert into grants values ('user-' || :i, 'home/user-' || :i || '/**', 'pull,push,delete', 1)`,
    `insert into access_tokens (hash, name, user_name, created_at) values (:token, 'ci', 'user-' || :i, 1)`,
    `insert into refresh_tokens values (:session, 'session-' || :i, 'user-' || :i, 'registry', 'registry.example.com', 'docker', 1, 4000000000, 1, '192.0.2.1')`,
    `insert into robots (name, only_rights, disabled, created_at) values ('robot-' || :i, '${only}', 0, 1)`,
    `insert into robot_secrets (hash, robot_name, created_at) values (:robot, 'robot-' || :i, 1)`,
  ].map((text) => database.prepare(text));
  database.transaction(() => {
    for (let i = 0; i < population; i++) {
      // A BigInt becomes an integer in SQLite. A number would become a double, and 'user-' || 1.0 is user-1.0.
      const hashed = (kind: string): string => secretHash(`${kind}-${i}`);
      const row = {
        i: BigInt(i),
        token: hashed('token'),
        robot: hashed('robot'),
        session: hashed('session'),
      };
      for (const statement of statements) statement.run(row);
    }
  })();
  database.pragma('wal_checkpoint(truncate)');
  database.close();
}
