import type { Command } from 'commander';
import type { Config, Flags } from '../config/load.ts';
import type { Store } from '../store/store.ts';

/**
 * Loads the configuration for a command from its flags, the environment variables, the configuration file and the
 * defaults.
 * @throws DockpassError `bad_configuration`
 */
export async function configOf(command: Command, flags: Flags = {}): Promise<Config> {
  // This module is loaded only now, so that `--help` does not wait for the libraries that it needs.
  const { loadConfig } = await import('../config/load.ts');
  const { config: file } = command.optsWithGlobals<{ config?: string }>();
  return loadConfig({ file, environment: process.env, flags });
}

/**
 * Opens the store (the database) for a command, runs `work`, and then closes the store, even if `work` fails.
 * @throws DockpassError `database` if the database does not exist
 */
export async function withStore<Result>(
  command: Command,
  work: (store: Store, config: Config) => Promise<Result>,
): Promise<Result> {
  const config = await configOf(command);
  const { openForCommand } = await import('./running/existing-database.ts');
  const { asCommandLine } = await import('../admin/people/actor.ts');
  const store = await openForCommand(config);
  try {
    return await work(asCommandLine(store), config);
  } finally {
    await store.close();
  }
}
