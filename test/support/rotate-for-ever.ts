// A child process: rotates the leaves of a directory again and again until it is killed, saying each that it made.
import { openKeyRing } from '../../src/keys/open-key-ring.ts';
import { configIn } from './settings.ts';

const [directory = ''] = process.argv.slice(2);
const { keys } = await configIn(directory);
const ring = await openKeyRing(keys, Date.now);
for (;;) {
  await ring.rotate();
  process.stdout.write(`${ring.list().at(-1)?.name}\n`);
}
