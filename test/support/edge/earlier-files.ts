import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Edge } from '../../../src/edge/edge.ts';
import { repository } from '../run/environment.ts';
import type { EdgeKind } from './edge-process.ts';

const names = { nginx: 'nginx.conf', caddy: 'Caddyfile', traefik: 'traefik.yml' } as const;

/**
 * Returns the file that the last version before the console and the administration API wrote for an edge with a
 * certificate. People keep such files when they upgrade dockpass.
 */
export async function readEarlierFile(kind: EdgeKind, edge: Edge): Promise<string> {
  if (edge.tls.kind !== 'files') throw new Error('the earlier files are for an edge with a certificate');
  const { certificate, key } = edge.tls;
  const text = await readFile(join(repository, 'test/support/edge/earlier', names[kind]), 'utf8');
  return text
    .replaceAll('19901', String(edge.port))
    .replaceAll('19902', String(edge.registry.port))
    .replaceAll('19903', String(edge.dockpass.port))
    .replaceAll('CERTIFICATE', certificate)
    .replaceAll(/\bKEY\b/g, key);
}
