import { DockpassError } from '../../errors.ts';
import { isPublic, type KeyStore } from './key-store.ts';
import { parsePairs } from '../../files/pem.ts';

/**
 * Copies the keys of a folder to a key store that has none. The CA stays the same, so registries need no change. If
 * it was interrupted, a second call copies the rest.
 * @param authority `along`: copies the CA with its key. `stays`: copies its certificate alone, and leaf
 * certificates must be issued by the machine that has the key
 * @throws DockpassError `already_exists` if there are keys of another CA; then nothing was changed
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
  // The CA comes first. If a server starts in between, it can only create a signing key of the same CA.
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
    `there are other keys already: ${keyStore.describe(name)}. Move them away first.`,
  );
}

function isLeaves(name: string): boolean {
  return name.startsWith('leaves-');
}

function certificateOnly(name: string, text: string, from: KeyStore): [name: string, text: string] {
  const [pair] = parsePairs(text, from.describe(name), 'Restore it from a backup.');
  return [name.replace(/pem$/, 'crt'), pair?.certificate.toString() ?? ''];
}
