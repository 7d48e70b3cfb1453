import { DockpassError } from '../../errors.ts';
import { isPublic, type KeyStore } from './key-store.ts';
import { parsePairs } from '../../files/pem.ts';

/**
 * Copies the keys of a folder to a key store that has no keys. The CA stays the same, so registries need no change. If
 * the copying was interrupted, a second call copies the rest.
 * @param authority `along`: copies the CA with its private key. `stays`: copies only the certificate of the CA, so that
 *   only the machine with the private key can issue leaf certificates.
 * @throws DockpassError `already_exists` if the target has keys of another CA. In this case, nothing is changed.
 */
export async function moveKeys(from: KeyStore, to: KeyStore, authority: 'along' | 'stays'): Promise<void> {
  const names = await from.names();
  if (names.length === 0)
    throw new DockpassError(
      'key_files',
      `there are no keys to move: ${from.describe('authority.pem')} is missing. Check keys.directory.`,
    );
  const otherForm = authority === 'stays' ? 'authority.pem' : 'authority.crt';
  if ((await to.names()).includes(otherForm)) throw otherKeysError(to, otherForm);
  // Copy the CA first, because a server may start before all keys are copied. Such a server finds this CA, so it may
  // create a new signing key, but it does not create a new CA.
  const inOrder = names.toSorted((one, other) => Number(isLeaves(one)) - Number(isLeaves(other)));
  for (const name of inOrder) {
    const text = await from.read(name);
    if (text === undefined) continue;
    const stays = authority === 'stays' && !isLeaves(name) && !isPublic(name);
    const [target, content] = stays ? certificateOnly(name, text, from) : [name, text];
    if ((await to.create(target, content)) || isLeaves(name)) continue;
    if ((await to.read(target)) !== content) throw otherKeysError(to, target);
  }
}

function otherKeysError(keyStore: KeyStore, name: string): DockpassError {
  return new DockpassError(
    'already_exists',
    `the keys cannot be moved, because the target already contains other keys: ${keyStore.describe(name)}. Move these keys away first.`,
  );
}

function isLeaves(name: string): boolean {
  return name.startsWith('leaves-');
}

function certificateOnly(name: string, text: string, from: KeyStore): [name: string, text: string] {
  const [pair] = parsePairs(text, from.describe(name), 'Restore this file from a backup.');
  return [name.replace(/pem$/, 'crt'), pair?.certificate.toString() ?? ''];
}
