/** The edges (reverse proxies) whose configuration files `init` writes. */
export const edgeKinds = ['caddy', 'nginx', 'traefik'] as const;
export type EdgeKind = (typeof edgeKinds)[number];

export function isEdgeKind(text: string): text is EdgeKind {
  return (edgeKinds as readonly string[]).includes(text);
}
