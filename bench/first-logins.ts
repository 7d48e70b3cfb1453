import { createPasswordHasher } from '../src/identity/password/password-hash.ts';
import { Secret } from '../src/secret.ts';
import type { Home } from './home.ts';
import { query } from './postgres-server.ts';

/**
 * The number of users. It must be higher than the number of logins that are checked at the same time, because two
 * concurrent logins of the same user share one password hash.
 */
const users = 100;

/**
 * Creates users with the password of the existing user. Each has its own hash of the password.
 * @returns the Authorization headers of the users
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
