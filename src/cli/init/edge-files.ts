import { join } from 'node:path';
import { renderCaddy } from '../../edge/caddy/caddy.ts';
import type { Edge } from '../../edge/edge.ts';
import { renderNginxSite } from '../../edge/nginx/nginx.ts';
import { renderTraefik, renderTraefikStatic } from '../../edge/traefik/traefik.ts';

export const edgeKinds = ['caddy', 'nginx', 'traefik'] as const;
export type EdgeKind = (typeof edgeKinds)[number];

export function isEdgeKind(text: string): text is EdgeKind {
  return (edgeKinds as readonly string[]).includes(text);
}

/** What each edge's files are called, and how they are put to use. */
const files: Readonly<Record<EdgeKind, { readonly names: readonly string[]; readonly use: string }>> = {
  nginx: {
    names: ['dockpass-nginx.conf'],
    use: 'include it in the http block of your nginx (/etc/nginx/conf.d/), then: nginx -t && nginx -s reload',
  },
  caddy: { names: ['Caddyfile'], use: 'caddy run --adapter caddyfile --config Caddyfile' },
  traefik: {
    names: ['traefik.yml', 'traefik-dockpass.yml'],
    use: 'traefik --configFile=traefik.yml; a Traefik that runs already takes traefik-dockpass.yml alone',
  },
};

export function edgeFileNames(kind: EdgeKind): readonly string[] {
  return files[kind].names;
}

export function edgeFileUse(kind: EdgeKind): string {
  return files[kind].use;
}

/** Name → text. */
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
