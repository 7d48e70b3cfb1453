import { join } from 'node:path';
import type { Config } from '../../config/load.ts';
import { renderCaddy } from '../../edge/caddy/caddy.ts';
import type { Edge } from '../../edge/edge.ts';
import { renderNginxSite } from '../../edge/nginx/nginx.ts';
import { renderTraefik, renderTraefikStatic } from '../../edge/traefik/traefik.ts';

export const edgeKinds = ['caddy', 'nginx', 'traefik'] as const;
export type EdgeKind = (typeof edgeKinds)[number];

export function isEdgeKind(text: string): text is EdgeKind {
  return (edgeKinds as readonly string[]).includes(text);
}

/** For each edge: the names of its files, and how a person starts it with them. */
const files: Readonly<Record<EdgeKind, { readonly names: readonly string[]; readonly use: string }>> = {
  nginx: {
    names: ['dockpass-nginx.conf'],
    use: 'include dockpass-nginx.conf in the http block of nginx (/etc/nginx/conf.d/), then run: nginx -t && nginx -s reload',
  },
  caddy: { names: ['Caddyfile'], use: 'caddy run --adapter caddyfile --config Caddyfile' },
  traefik: {
    names: ['traefik.yml', 'traefik-dockpass.yml'],
    use: 'traefik --configFile=traefik.yml    # a Traefik that already runs needs only traefik-dockpass.yml',
  },
};

export function edgeFileNames(kind: EdgeKind): readonly string[] {
  return files[kind].names;
}

export function edgeFileUse(kind: EdgeKind): string {
  return files[kind].use;
}

/**
 * Renders the files of an edge.
 * @param folder the folder for the files. The first file of Traefik contains the path of its second file.
 * @returns the text of each file by its name
 */
export function edgeFiles(kind: EdgeKind, edge: Edge, folder: string): Record<string, string> {
  const [name = '', second = ''] = files[kind].names;
  switch (kind) {
    case 'nginx':
      return { [name]: renderNginxSite(edge) };
    case 'caddy':
      return { [name]: renderCaddy(edge) };
    case 'traefik':
      return { [name]: renderTraefikStatic(edge, join(folder, second)), [second]: renderTraefik(edge) };
  }
}

/** If no private domain is configured, the edge must answer for every host: an empty list means all. */
export function servedNames({ up }: Config): Partial<Pick<Edge, 'names'>> {
  return up.privateDomains.length === 0 ? { names: [] } : {};
}
