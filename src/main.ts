import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { calledCommand } from './cli/called-command.ts';
import type { SystemUsers } from './cli/cli.ts';
import { loadWithCode } from './files/code-cache.ts';
import { compileCacheFolder } from './files/compile-cache.ts';

/** Commands that run a server. A server keeps running even if its output cannot be written. */
const serverCommands: ReadonlySet<string> = new Set(['up', 'serve']);

/**
 * Runs the command line and sets the exit status. bin/dockpass.js checks the version of Node first, and then calls this
 * function. In the images, docker/dockpass.js calls it.
 * @param users the users as whom `up` can run the registry and the edge
 */
export async function main(argv: readonly string[], users?: SystemUsers): Promise<void> {
  if (argv.length === 3 && ['--version', '-V'].includes(argv[2] ?? '')) {
    // The version is printed here and not by commander, because loading commander takes time.
    const { describeVersion } = await import('./cli/version.ts');
    process.stdout.write(`${describeVersion()}\n`);
    return;
  }
  const command = calledCommand(argv) ?? '';
  const isServer = serverCommands.has(command);
  // In `dockpass audit | head`, head exits as soon as it has enough lines. Therefore a closed pipe is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (isServer) return;
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  // If stderr is a file on a full disk, a server keeps running without its log.
  if (isServer) process.stderr.on('error', () => {});

  const folder = compileCacheFolder();
  if (folder === undefined) {
    const { runCli } = await import('./cli/cli.ts');
    process.exitCode = await runCli(argv, users);
    return;
  }
  // This cache is for the libraries with native code, which are not in dist/.
  enableCompileCache(folder);
  // Each command has its own folder, because it calls other functions than the other commands.
  const cache = join(folder, /^[a-z-]+$/.test(command) ? command : '--help');
  const { exports, storeCode } = loadWithCode(join(import.meta.dirname, 'cli.js'), cache);
  process.exitCode = await (exports as typeof import('./cli/cli.ts')).runCli(argv, users);
  // A word that is not a command leads to another status. No folder is created for it.
  if (process.exitCode === 0) storeCode();
}
