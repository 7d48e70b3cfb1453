// A child process: rotates the leaves of a directory, or of a database, again and again until it is killed, saying each
// that it made.
import { withKeyStore } from '../../../src/admin/keys/key-store.ts';
import { openKeyRing } from '../../../src/keys/open-key-ring.ts';
import { configIn } from '../dockpass/settings.ts';

const [directory = '', settings = '{}'] = process.argv.slice(2);
const config = await configIn(directory, JSON.parse(settings) as Readonly<Record<string, unknown>>);
await withKeyStore(config, async (keep) => {
  const ring = await openKeyRing(config.keys, Date.now, keep);
  for (;;) {
    await ring.rotate();
    process.stdout.write(`${ring.list().at(-1)?.name}\n`);
  }
});
