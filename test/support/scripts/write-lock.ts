// Runs as a child process. It holds the write lock of the given database until it gets a line on stdin or is killed.
import { once } from 'node:events';
import Database from 'better-sqlite3';

const [path = ''] = process.argv.slice(2);
const database = new Database(path);
database.exec('begin immediate');
process.stdout.write('locked\n');
await once(process.stdin, 'data');
database.exec('rollback');
process.stdout.write('released\n');
