import { DockpassError } from '../../errors.ts';
import { readAuthority } from './authority.ts';
import { fileKeyStore } from '../storage/file-key-store.ts';
import type { KeyStore } from '../storage/key-store.ts';
import type { KeySettings } from '../key-settings.ts';
import { parsePairs } from '../../files/pem.ts';

/**
 * Where keys are in a database, an authority may stand in the folder, too: from before, or because its key stays out.
 * Registries that trust it would refuse what the database's own signs, so it has to be the same.
 * @throws DockpassError `key_files`
 */
export async function requireSameAuthority(settings: KeySettings, keep: KeyStore): Promise<void> {
  if (settings.authority.certificate !== null) return;
  const folder = fileKeyStore(settings.directory);
  const path = folder.place('authority.pem');
  const text = await folder.read('authority.pem');
  if (text === undefined) return;
  const mend = `${folder.takeAway('authority.pem')}, because it is not in use`;
  const found = parsePairs(text, path, mend)[0]?.certificate;
  const inUse = await readAuthority(settings, keep);
  if (inUse === undefined)
    throw new DockpassError(
      'key_files',
      `there are no keys in the database yet, and ${path} is what registries trust: take it along with "dockpass keys move --to database"; or move it away for a new authority`,
    );
  if (found !== undefined && inUse.trusted.some(({ raw }) => raw.equals(found.raw))) return;
  throw new DockpassError(
    'key_files',
    `${path} is another authority than the one in the database: registries that trust it would refuse every token. ${folder.takeAway('authority.pem')}, give those registries the new rootcertbundle.pem and restart them`,
  );
}
