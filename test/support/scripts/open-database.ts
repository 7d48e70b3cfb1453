// Runs as a child process. When it gets a line on stdin, it opens the given database and prints `opened` or the error.
import { once } from 'node:events';
import { openStore } from '../../../src/store/open-store.ts';

const [path = ''] = process.argv.slice(2);
process.stdout.write('ready\n');
await once(process.stdin, 'data');
try {
  const store = await openStore(path);
  await store.users.list();
  await store.close();
  process.stdout.write('opened\n');
} catch (error) {
  process.stdout.write(`${String(error)}\n`);
}
process.stdin.destroy();
