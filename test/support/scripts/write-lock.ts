// A child process: holds the write lock of the database given until a line comes on its standard input, or for good.
import { once } from 'node:events';
import Database from 'better-sqlite3';

const [path = ''] = process.argv.slice(2);
const database = new Database(path);
database.exec('begin immediate');
process.stdout.write('locked\n');
await once(process.stdin, 'data');
database.exec('rollback');
process.stdout.write('released\n');
