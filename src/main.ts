import { enableCompileCache } from 'node:module';

/** These serve, whether or not anyone reads along. */
const goesOnUnread: ReadonlySet<string> = new Set(['up', 'serve']);

/** Called by bin/dockpass.js once it has looked at the version of Node. Sets the exit status. */
export async function main(argv: readonly string[]): Promise<void> {
  // A tenth of a second at each start, once the cache is warm.
  enableCompileCache();
  const { runCli } = await import('./cli/cli.ts');
  // `dockpass audit | head`: whoever reads has seen enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (!goesOnUnread.has(argv[2] ?? '')) process.exit(0);
  });
  process.exitCode = await runCli(argv);
}
