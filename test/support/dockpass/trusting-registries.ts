import { join } from 'node:path';
import type { DockpassHome, DockpassServer } from './dockpass.ts';
import { startRegistry, type Registry, type RegistryVersion } from '../registry/registry.ts';

// Registries that trust the tokens of dockpass. The tests send requests to them directly, without an edge.

export function bundleIn({ directory }: Pick<DockpassHome, 'directory'>): string {
  return join(directory, 'keys', 'rootcertbundle.pem');
}

/** Starts a registry. `token` is added to its auth.token section, which already has a realm, service and issuer. */
export function startTrusting(
  version: RegistryVersion,
  token: Readonly<Record<string, unknown>>,
  port?: number,
): Promise<Registry> {
  return startRegistry(version, {
    ...(port !== undefined && { port }),
    config: {
      version: '0.1',
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: 'replaced by the environment' } },
      http: { addr: 'replaced by the environment', relativeurls: true },
      auth: {
        token: { realm: 'https://localhost/auth/token', service: 'registry', issuer: 'dockpass', ...token },
      },
    },
  });
}

/** Requests a pull token without a login. 127.0.0.1 must be a public domain of the server. */
export async function tokenFor(server: DockpassServer, repository: string): Promise<string> {
  const answer = await fetch(`${server.url}/auth/token?service=registry&scope=repository:${repository}:pull`);
  const body = await answer.text();
  if (answer.status !== 200) throw new Error(`dockpass issued no token: ${answer.status} ${body}`);
  return (JSON.parse(body) as { token: string }).token;
}

export async function statusAt(registry: Registry, token: string): Promise<number> {
  const answer = await fetch(`${registry.url}/v2/`, { headers: { authorization: `Bearer ${token}` } });
  await answer.arrayBuffer();
  return answer.status;
}
