import { DockpassError } from '../../errors.ts';
import { isPublic, type KeyStore } from './key-store.ts';
import { parsePairs } from '../../files/pem.ts';

/**
 * Copies a folder's keys to where there are none: the same authority, so no registry notices. Done again after it was
 * broken off, it copies the rest.
 * @param authority `along`: its key, too. `stays`: its certificate alone; the key is needed where leaves are made
 * @throws DockpassError `already_exists` where there are keys of another authority; nothing was changed
 */
export async function moveKeys(from: KeyStore, to: KeyStore, authority: 'along' | 'stays'): Promise<void> {
  const names = await from.names();
  if (names.length === 0)
    throw new DockpassError('key_files', `there are no keys: ${from.place('authority.pem')} is missing`);
  const otherForm = authority === 'stays' ? 'authority.pem' : 'authority.crt';
  if ((await to.names()).includes(otherForm)) throw othersThere(to, otherForm);
  // The authority first: a start in between makes at most a leaf of the same.
  const inOrder = names.toSorted((one, other) => Number(isLeaves(one)) - Number(isLeaves(other)));
  for (const name of inOrder) {
    const text = await from.read(name);
    if (text === undefined) continue;
    const stays = authority === 'stays' && !isLeaves(name) && !isPublic(name);
    const [target, content] = stays ? certificateAlone(name, text, from) : [name, text];
    if ((await to.create(target, content)) || isLeaves(name)) continue;
    if ((await to.read(target)) !== content) throw othersThere(to, target);
  }
}

function othersThere(keep: KeyStore, name: string): DockpassError {
  return new DockpassError('already_exists', `there are other keys already: ${keep.place(name)}`);
}

function isLeaves(name: string): boolean {
  return name.startsWith('leaves-');
}

function certificateAlone(name: string, text: string, from: KeyStore): [name: string, text: string] {
  const [pair] = parsePairs(text, from.place(name), 'put it back from a backup');
  return [name.replace(/pem$/, 'crt'), pair?.certificate.toString() ?? ''];
}
