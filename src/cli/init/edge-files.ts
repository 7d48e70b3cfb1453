import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Config } from '../../config/load.ts';
import { renderCaddy } from '../../edge/caddy/caddy.ts';
import type { Edge } from '../../edge/edge.ts';
import { renderNginxSite } from '../../edge/nginx/nginx.ts';
import { renderTraefik, renderTraefikStatic } from '../../edge/traefik/traefik.ts';
import { renderTraefikStopped } from '../../edge/traefik/writes.ts';
import { traefikStoppedTemplate } from '../../writes/names.ts';
import { findProgram } from '../../up/process/find-programs.ts';
import { hasBodyTimeout } from '../../up/programs/caddy-body-timeout.ts';
import type { EdgeKind } from './edge-kinds.ts';

/** For each edge (reverse proxy): the names of its configuration files, and how to start the edge with these files. */
const files: Readonly<Record<EdgeKind, { readonly names: readonly string[]; readonly use: string }>> = {
  nginx: {
    names: ['dockpass-nginx.conf'],
    use: 'make nginx include dockpass-nginx.conf in its http block, for example from the folder /etc/nginx/conf.d/. Then run: nginx -t && nginx -s reload',
  },
  caddy: { names: ['Caddyfile'], use: 'caddy run --adapter caddyfile --config Caddyfile' },
  traefik: {
    names: ['traefik.yml', 'traefik/dockpass.yml', `traefik/${traefikStoppedTemplate}`],
    use: 'traefik --configFile=traefik.yml    # if Traefik already runs, skip traefik.yml and copy the files in traefik/ to the folder of its file provider',
  },
};

export function edgeFileNames(kind: EdgeKind): readonly string[] {
  return files[kind].names;
}

export function edgeFileUse(kind: EdgeKind): string {
  return files[kind].use;
}

/**
 * Renders the configuration files of an edge.
 * @param folder the folder in which the caller will store the files. The function needs the folder, because traefik.yml
 *   contains its path.
 * @returns an object that maps the name of each file to its text
 */
export async function edgeFiles(kind: EdgeKind, edge: Edge, folder: string): Promise<Record<string, string>> {
  const [name = '', dynamic = '', stopped = ''] = files[kind].names;
  switch (kind) {
    case 'nginx':
      return { [name]: renderNginxSite(edge) };
    case 'caddy':
      return { [name]: renderCaddy(edge, undefined, await hasLocalCaddyBodyTimeout()) };
    case 'traefik':
      return {
        [name]: renderTraefikStatic(edge, join(folder, dirname(dynamic))),
        [dynamic]: renderTraefik(edge),
        [stopped]: renderTraefikStopped(edge),
      };
  }
}

/**
 * Returns true if the Caddy on this machine has a timeout for bodies. If this machine has no Caddy, returns false,
 * because the edge may run an older Caddy, which rejects a file that contains this timeout.
 */
async function hasLocalCaddyBodyTimeout(): Promise<boolean> {
  const caddy = findProgram(['caddy'], process.env['PATH'] ?? '');
  return caddy !== undefined && (await hasBodyTimeout(caddy, tmpdir()));
}

/**
 * Returns the property `names` with which the caller overrides the names in its `Edge`. If no private domain is
 * configured, the list is empty, and the edge serves all host names. If a private domain is configured, the result is
 * `{}`: nothing is overridden, and the edge serves only the configured domains.
 */
export function servedNames({ up }: Config): Partial<Pick<Edge, 'names'>> {
  return up.privateDomains.length === 0 ? { names: [] } : {};
}
