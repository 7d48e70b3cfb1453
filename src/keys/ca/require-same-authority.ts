import { DockpassError } from '../../errors.ts';
import { readAuthority } from './authority.ts';
import { fileKeyStore } from '../storage/file-key-store.ts';
import type { KeyStore } from '../storage/key-store.ts';
import type { KeySettings } from '../key-settings.ts';
import { parsePairs } from '../../files/pem.ts';

/**
 * If the key folder contains a CA, checks that the CA in the database is the same. The folder may contain a CA that was
 * created before the keys moved to the database, or one whose private key must not be in the database. If the two CAs
 * were different, registries that trust the CA in the folder would reject every token.
 * @throws DockpassError `key_files`
 */
export async function requireSameAuthority(settings: KeySettings, keyStore: KeyStore): Promise<void> {
  if (settings.authority.certificate !== null) return;
  const folder = fileKeyStore(settings.directory);
  const path = folder.describe('authority.pem');
  const text = await folder.read('authority.pem');
  if (text === undefined) return;
  const fix = `dockpass does not use this file, because the keys are in the database. ${folder.moveAwayHint('authority.pem')}.`;
  const found = parsePairs(text, path, fix)[0]?.certificate;
  const inUse = await readAuthority(settings, keyStore);
  if (inUse === undefined)
    throw new DockpassError(
      'key_files',
      `there are no keys in the database yet, but registries trust the certificate authority in ${path}. To use this certificate authority, run "dockpass keys move --to database". To create a new one, move the file away.`,
    );
  if (found !== undefined && inUse.trusted.some(({ raw }) => raw.equals(found.raw))) return;
  throw new DockpassError(
    'key_files',
    `${path} is not the certificate authority in the database, so registries that trust this file would reject every token. ${folder.moveAwayHint('authority.pem')}, give those registries the new rootcertbundle.pem, and restart them.`,
  );
}
