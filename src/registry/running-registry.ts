import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Document } from 'yaml';
import { parseListen, type ListenAddress } from '../net/listen-address.ts';
import { DockpassError, messageOf } from '../errors.ts';
import { renderRegistryConfig, type RegistrySettings } from './registry-config.ts';

/** A registry that people run already, by its own configuration file. */
export interface RunningRegistry {
  readonly listen: ListenAddress;
  /** The users that it let in until now; the path as the file means it. */
  readonly htpasswd: string | undefined;
  /** Whether it speaks TLS itself, which from now on is the edge's affair. */
  readonly hasTls: boolean;
  /** Permissions of the file: it may hold the secrets of a storage driver. */
  readonly mode: number;
  /** Its configuration, comments included, with dockpass in the place of what it had under `auth`. */
  withDockpass(
    settings: Pick<RegistrySettings, 'service' | 'issuer' | 'rootCertBundle' | 'externalUrl'>,
  ): string;
}

/** @throws DockpassError `bad_usage` where the file cannot be read or is no registry's */
export async function readRunningRegistry(path: string): Promise<RunningRegistry> {
  const { parseDocument, isMap } = await import('yaml');
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw refused(path, messageOf(cause));
  });
  const document: Document = parseDocument(text);
  const [fault] = document.errors;
  if (fault !== undefined) throw refused(path, fault.message);
  if (!isMap(document.contents) || !document.has('storage')) throw refused(path, 'it has no storage section');
  const said = (...names: string[]): unknown => document.getIn(names);
  const address = said('http', 'addr');
  const listen = parseListen(typeof address === 'string' ? address : ':5000');
  if (listen === undefined)
    throw refused(path, `http.addr is ${JSON.stringify(address)}, not an address and a port`);
  const users = said('auth', 'htpasswd', 'path');
  return {
    listen,
    htpasswd: typeof users === 'string' ? resolve(dirname(path), users) : undefined,
    hasTls: isMap(said('http', 'tls')),
    mode: (await stat(path)).mode & 0o777,
    withDockpass: (settings) => {
      const ours = parseDocument(renderRegistryConfig({ ...settings, ...nothingOfOurs }));
      const exchanged = document.clone() as Document;
      exchanged.set('auth', ours.get('auth', true));
      if (!isMap(exchanged.get('http'))) exchanged.set('http', exchanged.createNode({}));
      // Locations follow the name that the client used; under one of its own, the other door would lead elsewhere.
      exchanged.setIn(['http', 'relativeurls'], true);
      for (const name of ['host', 'tls']) exchanged.deleteIn(['http', name]);
      return exchanged.toString({ lineWidth: 0 });
    },
  };
}

/** Of what we render, the auth section alone is taken. */
const nothingOfOurs = {
  listen: { host: '', port: 0 },
  storage: undefined,
  delete: false,
  logLevel: 'info',
} as const;

function refused(path: string, why: string): DockpassError {
  return new DockpassError('bad_usage', `cannot take the registry's configuration ${path} over: ${why}`);
}
