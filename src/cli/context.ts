import type { Command } from 'commander';
import { loadConfig, type Config, type Flags } from '../config/load.ts';
import type { Store } from '../store/store.ts';
import { openForCommand } from './running/existing-database.ts';

/**
 * Loads the configuration for a command from its flags, the environment variables, the configuration file and the
 * defaults.
 * @throws DockpassError `bad_configuration`
 */
export function configOf(command: Command, flags: Flags = {}): Promise<Config> {
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
  const store = await openForCommand(config);
  try {
    return await work(store, config);
  } finally {
    await store.close();
  }
}
