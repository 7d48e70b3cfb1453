import { startUp, type DockpassUp } from '../dockpass/dockpass.ts';
import { part } from '../run/parts.ts';
import { registryPart, type RegistryVersion } from '../registry/registry.ts';
import { pushSampleRegistry, type SampleRegistry } from './sample-registry.ts';

export const password = 'correct horse battery staple';

/** A whole installation, filled with people, rights, rules and images. */
export interface FilledConsole extends SampleRegistry {
  readonly up: DockpassUp;
  /** The origin of the console. */
  readonly url: string;
}

/** Starts registry, edge and token server, with `localhost` as the private domain, and fills them. */
export async function startFilledConsole(version: RegistryVersion = '3.1'): Promise<FilledConsole> {
  const up = await startUp({
    tls: false,
    args: ['--tls', 'off', '--registry', part(registryPart(version)), '--edge', part('caddy')],
    env: { REGISTRY_STORAGE_DELETE_ENABLED: 'true' },
    config: {
      publicDomains: ['127.0.0.1'],
      publicRepositories: ['public/**'],
      up: { privateDomains: ['localhost'] },
      policy: [
        { allow: ['pull', 'push'], to: ['group:dev'], on: ['team/**'] },
        { deny: ['push', 'delete'], to: ['robots'], on: ['release/**', 'team/web'] },
      ],
    },
  });
  await up.addUser('boss', password, 'admin');
  await up.addUser('alice', password, 'writer');
  await up.addUser('bob', password, 'reader');
  await up.must(['group', 'add', 'dev']);
  await up.must(['group', 'join', 'dev', 'bob']);
  await up.must(['grant', 'add', 'group:dev', 'infra/**', 'pull,push']);
  await up.must(['robot', 'create', 'ci', '--only', 'team/**:pull,push']);
  const url = `http://localhost:${up.edgePort}`;
  return { up, url, ...(await pushSampleRegistry({ url, name: 'boss', password })) };
}
