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
 * Writes the files of the edge again, for example after publicDomains has changed. It creates neither a database nor
 * keys.
 * @param wanted the edge. If undefined, it is the edge whose files are in the folder, or Caddy if there are none.
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

/** @throws DockpassError `bad_usage` if there are files of several edges */
function findEdge(folder: string): EdgeKind {
  const found = edgeKinds.filter((kind) =>
    edgeFileNames(kind).every((name) => existsSync(join(folder, name))),
  );
  if (found.length <= 1) return found[0] ?? 'caddy';
  throw new DockpassError(
    'bad_usage',
    `${folder} has files of ${found.join(' and ')}. Add --edge to choose which one to write again.`,
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
 * Renews an existing self-signed certificate if it lacks a domain. It does not create a first one, because `--edge-only`
 * creates no keys.
 */
async function selfSigned(config: Config): Promise<EdgeTls> {
  const directory = tlsDirectory(config);
  const file = join(directory, 'server.pem');
  if (existsSync(file)) await selfSignedTls(directory, certificateNames(config), systemClock);
  else
    say(
      `warning: ${file} does not exist yet. "dockpass up" and "dockpass init" create it, or set up.tls to CERTIFICATE,KEY.`,
    );
  return { kind: 'files', certificate: file, key: file };
}
