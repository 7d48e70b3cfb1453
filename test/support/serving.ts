// A child process: serves the configuration given, and tells its parent the port.
import { built } from './built.ts';

const { startServer } = await built<typeof import('../../src/compose.ts')>('compose.ts');
const { loadConfig } = await built<typeof import('../../src/config/load.ts')>('config/load.ts');
const { noLog } = await built<typeof import('../../src/observe/log.ts')>('observe/log.ts');

const [file = ''] = process.argv.slice(2);
const server = await startServer(await loadConfig({ file, environment: {} }), { log: noLog });
process.send?.(server.address.port);
