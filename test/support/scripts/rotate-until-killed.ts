// Runs as a child process. It rotates the signing keys in a directory or database again and again until it is killed,
// and prints the name of each new key.
import { withKeyStore } from '../../../src/admin/keys/key-store.ts';
import { openKeyRing } from '../../../src/keys/open-key-ring.ts';
import { configIn } from '../dockpass/settings.ts';

const [directory = '', settings = '{}'] = process.argv.slice(2);
const config = await configIn(directory, JSON.parse(settings) as Readonly<Record<string, unknown>>);
await withKeyStore(config, async (keyStore) => {
  const ring = await openKeyRing(config.keys, Date.now, keyStore);
  for (;;) {
    await ring.rotate();
    process.stdout.write(`${ring.list().at(-1)?.name}\n`);
  }
});
