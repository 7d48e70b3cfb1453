import { startUp, type DockpassUp } from '../dockpass/dockpass.ts';
import { part } from '../run/parts.ts';
import { registryPart, type RegistryVersion } from '../registry/registry.ts';
import type { TrustIssuer } from '../trust/issuer.ts';
import { pushSampleRegistry, type SampleRegistry } from './sample-registry.ts';

export const password = 'correct horse battery staple';

/** A whole installation, filled with people, rights, rules and images. */
export interface FilledConsole extends SampleRegistry {
  readonly up: DockpassUp;
  /** The origin of the console. */
  readonly url: string;
}

export interface FilledConsoleOptions {
  readonly version?: RegistryVersion;
  /** If set, the configuration has the trust rule `deploy` for jobs of this issuer. */
  readonly issuer?: TrustIssuer;
}

/** Starts registry, edge and token server, with `localhost` as the private domain, and fills them. */
export async function startFilledConsole({
  version = '3.1',
  issuer,
}: FilledConsoleOptions = {}): Promise<FilledConsole> {
  const up = await startUp({
    tls: false,
    args: ['--tls', 'off', '--registry', part(registryPart(version)), '--edge', part('caddy')],
    env: {
      REGISTRY_STORAGE_DELETE_ENABLED: 'true',
      ...(issuer !== undefined && { NODE_EXTRA_CA_CERTS: issuer.authorityFile }),
    },
    config: {
      publicDomains: ['127.0.0.1'],
      publicRepositories: ['public/**'],
      up: { privateDomains: ['localhost'] },
      policy: [
        { allow: ['pull', 'push'], to: ['group:dev'], on: ['team/**'] },
        { deny: ['push', 'delete'], to: ['robots'], on: ['release/**', 'team/web'] },
      ],
      retention: [{ on: ['infra/**'], keep: { newest: 20, pulledWithin: '30d' }, untagged: '7d' }],
      ...(issuer !== undefined && {
        trust: [
          {
            name: 'deploy',
            issuer: issuer.issuer,
            when: { repository_id: '7', environment: 'production' },
            only: ['team/app:pull'],
          },
        ],
      }),
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
