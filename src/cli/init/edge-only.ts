import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
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
import { writesFolder } from '../../writes/writes-folder.ts';
import { say } from '../output.ts';
import { edgeFileNames, edgeFiles, edgeFileUse, servedNames } from './edge-files.ts';
import { edgeKinds, type EdgeKind } from './edge-kinds.ts';

/**
 * Writes the configuration files of the edge from the current settings of dockpass, for example after publicDomains has
 * changed. Overwrites existing files that dockpass has written. Creates no database and no keys.
 * @param wanted the edge whose files are written. If undefined, the function chooses the edge whose files are already
 *   in the folder, or Caddy if the folder contains no files of an edge.
 * @throws DockpassError `bad_usage`, `bad_configuration`, `already_exists`
 */
export async function writeEdgeOnly(
  config: Config,
  wanted: EdgeKind | undefined,
  folder: string,
): Promise<void> {
  const kind = wanted ?? findEdge(folder);
  const edge = { ...edgeOf(config, await tlsOf(config, kind, false)), ...servedNames(config) };
  const texts = await edgeFiles(kind, edge, folder);
  await requireOwnFiles(folder, edgeFileNames(kind));
  await mkdir(folder, { recursive: true, mode: 0o755 });
  for (const [name, text] of Object.entries(texts)) await replaceFile(join(folder, name), text, 0o644);
  say(`written to ${folder}: ${Object.keys(texts).join(', ')}. Next step:`);
  say(`  ${edgeFileUse(kind)}`);
  const watched = join(folder, 'traefik');
  if (kind === 'traefik' && writesFolder(config) !== watched)
    say(
      `warning: "dockpass writes stop" has no effect on this edge yet. Set writes: { directory: ${JSON.stringify(watched)} } in dockpass.yml, or the folder of Traefik's file provider if you copy the files there.`,
    );
}

/**
 * Checks that no file of someone else would be overwritten, such as the Caddyfile of a Caddy that also serves other
 * sites. The first line of each file that dockpass writes contains "the edge of dockpass".
 * @throws DockpassError `already_exists`
 */
async function requireOwnFiles(folder: string, names: readonly string[]): Promise<void> {
  const paths: string[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const isOwn = (text: string): boolean => /^.*the edge of dockpass/.test(text);
    if (existsSync(path) && !isOwn(await readFile(path, 'utf8'))) paths.push(path);
  }
  if (paths.length === 0) return;
  throw new DockpassError(
    'already_exists',
    `nothing was written, because that would replace files that dockpass did not create: ${paths.join(' and ')}. Choose another folder with --out, and import the new file or copy its content.`,
  );
}

/**
 * Returns the edge (reverse proxy) whose configuration files are in the folder, or Caddy if there are no such files.
 * @throws DockpassError `bad_usage` if the folder contains the files of several edges
 */
function findEdge(folder: string): EdgeKind {
  const found = edgeKinds.filter((kind) => existsSync(join(folder, edgeFileNames(kind)[0] ?? '')));
  if (found.length <= 1) return found[0] ?? 'caddy';
  throw new DockpassError(
    'bad_usage',
    `${folder} contains the configuration files of ${found.join(' and ')}. Choose one edge with --edge. dockpass then writes only the files of this edge.`,
  );
}

/**
 * Returns the certificate of the edge, as the setting `up.tls` says.
 * @param creates whether a missing self-signed certificate is created
 * @throws DockpassError `bad_usage`, `bad_configuration`
 */
export async function tlsOf(config: Config, kind: EdgeKind, creates: boolean): Promise<EdgeTls> {
  const choice = readTlsChoice(config);
  switch (choice.kind) {
    case 'acme':
      if (kind === 'caddy')
        return { kind: 'acme', names: acmeNames(config), server: config.up.acmeServer?.href };
      throw new DockpassError(
        'bad_usage',
        `the setting "up.tls" has the value "acme", but only Caddy supports this value. Use --edge caddy, or change the setting to a value that ${kind} supports, such as CERTIFICATE,KEY (two PEM files).`,
      );
    case 'self-signed':
      return selfSigned(config, creates);
    case 'off':
    case 'files':
      return choice;
  }
}

/**
 * Returns the paths of the self-signed certificate and its key. An existing certificate is renewed if it expires soon
 * or does not contain every configured domain. If `creates` is false, a missing certificate is not created, because
 * `--edge-only` creates no keys. In this case, the function prints a warning.
 */
async function selfSigned(config: Config, creates: boolean): Promise<EdgeTls> {
  const directory = tlsDirectory(config);
  const file = join(directory, 'server.pem');
  if (creates || existsSync(file)) await selfSignedTls(directory, certificateNames(config), systemClock);
  else
    say(
      `warning: ${file} does not exist yet. Run "dockpass up" to create this certificate, or change the setting "up.tls" to CERTIFICATE,KEY (two PEM files).`,
    );
  return { kind: 'files', certificate: file, key: file };
}
