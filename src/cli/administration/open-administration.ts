import type { Command } from 'commander';
import { DockpassError } from '../../errors.ts';
import { configOf, withStore } from '../context.ts';
import type { ApiClient } from '../remote/api-client.ts';
import { chosenServer, type ChosenServer } from '../remote/chosen-server.ts';
import type { Administration } from './administration.ts';
import type { Repositories } from './observation.ts';

/**
 * Runs the work of a command with the operations that manage dockpass: those of a server if `--url` or DOCKPASS_URL
 * names one, and otherwise those of the database.
 * @throws DockpassError `database` if the database does not exist
 */
export async function withAdministration<Result>(
  command: Command,
  work: (administration: Administration) => Promise<Result>,
): Promise<Result> {
  const server = chosenServer(command);
  if (server !== undefined)
    return withApi(server, async (api) => {
      const { remoteAdministration } = await import('../remote/remote-administration.ts');
      return work(remoteAdministration(api));
    });
  const { localAdministration } = await import('./local/local-administration.ts');
  return withStore(command, (store, config) => work(localAdministration(store, config)));
}

/**
 * Runs the work of a command with the operations on the images of a registry.
 * @param registry the option `--registry`
 */
export async function withRepositories<Result>(
  command: Command,
  registry: string | undefined,
  work: (repositories: Repositories) => Promise<Result>,
): Promise<Result> {
  const server = chosenServer(command);
  if (server !== undefined) {
    if (registry !== undefined)
      throw new DockpassError(
        'bad_usage',
        `--registry cannot be used with ${server.source}, because the server chooses its registry`,
      );
    return withApi(server, async (api) => {
      const { remoteRepositories } = await import('../remote/operations/repositories.ts');
      return work(remoteRepositories(api));
    });
  }
  const { withLocalRepositories } = await import('./local/repositories.ts');
  return withLocalRepositories(await configOf(command), registry, work);
}

async function withApi<Result>(
  { text, source }: ChosenServer,
  work: (api: ApiClient) => Promise<Result>,
): Promise<Result> {
  const { parseServerUrl } = await import('../remote/server-url.ts');
  const { openServer } = await import('../remote/open-server.ts');
  const api = await openServer(parseServerUrl(text, source));
  try {
    return await work(api);
  } finally {
    api.close();
  }
}
