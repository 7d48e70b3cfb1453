import type { Command } from 'commander';
import { configOf, withStore } from '../context.ts';
import type { Administration } from './administration.ts';
import type { Repositories } from './observation.ts';

/**
 * Runs the work of a command with the operations that manage dockpass.
 * @throws DockpassError `database` if the database does not exist
 */
export async function withAdministration<Result>(
  command: Command,
  work: (administration: Administration) => Promise<Result>,
): Promise<Result> {
  const { localAdministration } = await import('./local/local-administration.ts');
  return withStore(command, (store, config) => work(localAdministration(store, config)));
}

/**
 * Returns the operations on the images of a registry.
 * @param registry the option `--registry`
 */
export async function openRepositories(
  command: Command,
  registry: string | undefined,
): Promise<Repositories> {
  const { localRepositories } = await import('./local/repositories.ts');
  return localRepositories(await configOf(command), registry);
}
