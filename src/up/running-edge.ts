import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import type { EdgeTls } from '../edge/edge.ts';
import { edgeOf, edgePart, type EdgePart } from './edge-part.ts';
import type { Parts } from './find-parts.ts';
import { acmeNames, certificateNames } from './names.ts';
import { selfSignedTls } from './self-signed.ts';
import type { RunningPart } from './supervise.ts';
import type { TlsChoice } from './tls-choice.ts';

/** The edge's file as it was written last, and what it takes to write it again. */
export interface PreparedEdge {
  readonly part: EdgePart;
  /** Of a self-signed certificate. */
  readonly authority: string | undefined;
}

/** @throws DockpassError `bad_configuration`, `key_files` */
export async function prepareEdge(
  found: Parts['edge'],
  config: Config,
  choice: TlsChoice,
): Promise<PreparedEdge> {
  const { tls, authority } = await certificateFor(config, choice);
  return { part: await edgePart(found, edgeOf(config, tls), config.up.directory), authority };
}

async function certificateFor(config: Config, tls: TlsChoice): Promise<{ tls: EdgeTls; authority?: string }> {
  if (tls.kind === 'acme') return { tls: { kind: 'acme', names: acmeNames(config) } };
  if (tls.kind !== 'self-signed') return { tls };
  const { server, authority } = await selfSignedTls(
    join(config.up.directory, 'tls'),
    certificateNames(config),
    systemClock,
  );
  return { tls: { kind: 'files', certificate: server, key: server }, authority };
}

/**
 * Has a running edge read its file, and the certificates that this names, again. Requests under way finish by the old
 * one: nginx waits for them, Caddy for its grace period.
 * @throws Error with what the edge said
 */
export async function reloadEdge(
  { reload, command, env, cwd }: EdgePart,
  running: RunningPart,
): Promise<void> {
  if (reload.kind === 'none') throw new Error(reload.because);
  if (reload.kind === 'signal') return running.signal(reload.signal);
  await promisify(execFile)(command, [...reload.args], { env: { ...env }, cwd });
}
