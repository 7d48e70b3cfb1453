// Runs as a child process. It opens the keys in the given directory, as a first start does, and prints the id of the
// current key.
import { systemClock } from '../../../src/clock.ts';
import { openKeyRing } from '../../../src/keys/open-key-ring.ts';
import { configIn } from '../dockpass/settings.ts';

const [directory = ''] = process.argv.slice(2);
const { keys } = await configIn(directory);
process.stdout.write('starting\n');
const ring = await openKeyRing(keys, systemClock);
process.stdout.write(`${ring.current().kid}\n`);
