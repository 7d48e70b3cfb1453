import type { X509Certificate } from 'node:crypto';
import { DockpassError } from '../../errors.ts';
import { restoreHint } from '../../keys/ca/authority.ts';
import type { KeyStore } from '../../keys/storage/key-store.ts';
import type { Ports } from '../../store/store.ts';

/**
 * The database records the certificate authorities that its servers have used. If a database knows a CA but there are
 * no keys, the keys were lost or their folder is not mounted. A new CA would then make every registry reject every
 * token, so dockpass creates one only if an administrator asks for it.
 */
const prefix = 'authority ';

type Facts = Pick<Ports, 'facts'>;

/**
 * Checks, before the first CA is created, that the database knows no CA.
 * @throws DockpassError `key_files` if the database knows a CA
 */
export async function requireNoKnownAuthority({ facts }: Facts, keyStore: KeyStore): Promise<void> {
  const [known] = await knownAuthorities(facts);
  if (known === undefined) return;
  throw new DockpassError(
    'key_files',
    `${keyStore.describe('authority.pem')} is missing, but the database was used with a certificate authority that registries trust (SHA-256 fingerprint ${known}). ${restoreHint}`,
  );
}

/** Records in the database that the servers use this CA. Writes nothing if the CA is already recorded. */
export async function learnAuthority({ facts }: Facts, { fingerprint256 }: X509Certificate): Promise<void> {
  if ((await knownAuthorities(facts)).includes(fingerprint256)) return;
  await facts.set(prefix + fingerprint256, '');
}

/** Records that a new CA replaces all those that the database knows. */
export async function replaceKnownAuthorities({ facts }: Facts, authority: X509Certificate): Promise<void> {
  const before = await knownAuthorities(facts);
  await learnAuthority({ facts }, authority);
  for (const fingerprint of before)
    if (fingerprint !== authority.fingerprint256) await facts.remove(prefix + fingerprint);
}

async function knownAuthorities(facts: Facts['facts']): Promise<string[]> {
  const names = [...(await facts.read()).keys()];
  return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
}
