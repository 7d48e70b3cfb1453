import { enableCompileCache } from 'node:module';

/** Servers: these go on when the reader of their output has gone. */
const serverCommands: ReadonlySet<string> = new Set(['up', 'serve']);

/** Runs the command line and sets the exit status. bin/dockpass.js calls it after it has checked the version of Node. */
export async function main(argv: readonly string[]): Promise<void> {
  // With a filled cache, each start is a tenth of a second faster.
  enableCompileCache();
  const { calledCommand, runCli } = await import('./cli/cli.ts');
  // In `dockpass audit | head`, head exits as soon as it has enough lines. That is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (!serverCommands.has(calledCommand(argv) ?? '')) process.exit(0);
  });
  process.exitCode = await runCli(argv);
}
