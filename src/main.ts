import { enableCompileCache } from 'node:module';

/** Called by bin/dockpass.js once it has looked at the version of Node. Sets the exit status, never calls exit. */
export async function main(argv: readonly string[]): Promise<void> {
  // A tenth of a second at each start, once the cache is warm.
  enableCompileCache();
  const { runCli } = await import('./cli/cli.ts');
  process.exitCode = await runCli(argv);
}
