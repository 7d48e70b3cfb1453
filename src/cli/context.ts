import type { Command } from 'commander';
import { loadConfig, type Config, type Flags } from '../config/load.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';

/** The effective configuration for a command. @throws DockpassError `bad_configuration` */
export function configOf(command: Command, flags: Flags = {}): Promise<Config> {
  const { config: file } = command.optsWithGlobals<{ config?: string }>();
  return loadConfig({ file, environment: process.env, flags });
}

/** Runs a command's work on the store, and closes it whatever happens. */
export async function withStore<Result>(
  command: Command,
  work: (store: Store, config: Config) => Promise<Result>,
): Promise<Result> {
  const config = await configOf(command);
  const store = await openStore(config.database);
  try {
    return await work(store, config);
  } finally {
    await store.close();
  }
}
