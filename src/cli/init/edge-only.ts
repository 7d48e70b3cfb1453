import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import type { EdgeTls } from '../../edge/edge.ts';
import { DockpassError } from '../../errors.ts';
import { replaceFile } from '../../files/atomic-file.ts';
import { acmeNames, certificateNames } from '../../up/domain-names.ts';
import { edgeOf } from '../../up/programs/edge.ts';
import { selfSignedTls, tlsDirectory } from '../../up/tls/self-signed.ts';
import { readTlsChoice } from '../../up/tls/tls-choice.ts';
import { say } from '../output.ts';
import {
  edgeFileNames,
  edgeFiles,
  edgeFileUse,
  edgeKinds,
  servedNames,
  type EdgeKind,
} from './edge-files.ts';

/**
 * Writes the files of the edge again, for example after publicDomains has changed. Creates no database and no keys.
 * @param wanted the edge that the files are for. If undefined, this function uses the edge whose files are already in
 *   the folder, or Caddy if the folder has no such files.
 * @throws DockpassError `bad_usage`, `bad_configuration`
 */
export async function writeEdgeOnly(
  config: Config,
  wanted: EdgeKind | undefined,
  folder: string,
): Promise<void> {
  const kind = wanted ?? findEdge(folder);
  const edge = { ...edgeOf(config, await tlsOf(config, kind)), ...servedNames(config) };
  const texts = edgeFiles(kind, edge, folder);
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(texts)) await replaceFile(join(folder, name), text, 0o644);
  say(`written to ${folder}: ${Object.keys(texts).join(', ')}. Next step:`);
  say(`  ${edgeFileUse(kind)}`);
}

/**
 * Finds the edge whose files are in the folder. Returns Caddy if there are no such files.
 * @throws DockpassError `bad_usage` if the folder has the files of several edges
 */
function findEdge(folder: string): EdgeKind {
  const found = edgeKinds.filter((kind) =>
    edgeFileNames(kind).every((name) => existsSync(join(folder, name))),
  );
  if (found.length <= 1) return found[0] ?? 'caddy';
  throw new DockpassError(
    'bad_usage',
    `${folder} has files of ${found.join(' and ')}. Add --edge to choose the edge whose files are written again.`,
  );
}

async function tlsOf(config: Config, kind: EdgeKind): Promise<EdgeTls> {
  const choice = readTlsChoice(config);
  switch (choice.kind) {
    case 'acme':
      if (kind === 'caddy')
        return { kind: 'acme', names: acmeNames(config), server: config.up.acmeServer?.href };
      throw new DockpassError(
        'bad_usage',
        `up.tls is acme, which only Caddy supports. Use --edge caddy, or set up.tls to CERTIFICATE,KEY for ${kind}.`,
      );
    case 'self-signed':
      return selfSigned(config);
    case 'off':
    case 'files':
      return choice;
  }
}

/**
 * Renews an existing self-signed certificate if it expires soon or lacks a domain. If there is no certificate, prints a
 * warning and creates none, because `--edge-only` creates no keys.
 */
async function selfSigned(config: Config): Promise<EdgeTls> {
  const directory = tlsDirectory(config);
  const file = join(directory, 'server.pem');
  if (existsSync(file)) await selfSignedTls(directory, certificateNames(config), systemClock);
  else
    say(
      `warning: ${file} does not exist yet. Run "dockpass up" to create this certificate, or set up.tls to CERTIFICATE,KEY (two PEM files).`,
    );
  return { kind: 'files', certificate: file, key: file };
}
