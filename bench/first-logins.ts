import { createPasswordHasher } from '../src/identity/password/password-hash.ts';
import { Secret } from '../src/secret.ts';
import type { Home } from './home.ts';
import { query } from './postgres-server.ts';

/** More than are ever checked at once: of the same login twice, one hash would answer both. */
const users = 100;

/**
 * Makes users with the password of the one that there is, each with a hash of its own.
 * @returns their Authorization headers
 */
export async function firstLogins({ target }: Home, url: string): Promise<string[]> {
  const [name = '', password = ''] = target.login?.split(':') ?? [];
  const hasher = createPasswordHasher();
  const logins: string[] = [];
  for (let at = 0; at < users; at++) {
    const hash = await hasher.hash(new Secret(password));
    await query(
      url,
      `insert into users (name, role, password_hash, disabled, created_at, changed_at) select 'first-${at}', role, '${hash}', 0, 1, 1 from users where name = '${name}'`,
    );
    logins.push(`Basic ${Buffer.from(`first-${at}:${password}`).toString('base64')}`);
  }
  return logins;
}
