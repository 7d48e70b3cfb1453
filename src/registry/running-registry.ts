import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Document } from 'yaml';
import { parseListen, type ListenAddress } from '../net/listen-address.ts';
import { DockpassError, messageOf } from '../errors.ts';
import {
  notificationEndpoints,
  renderRegistryConfig,
  type EventsEndpoint,
  type RegistrySettings,
} from './registry-config.ts';

/** The configuration of an existing registry, read from its file. */
export interface RunningRegistry {
  readonly listen: ListenAddress;
  /**
   * The absolute path of the htpasswd file with the users of the registry. Undefined if the registry uses no htpasswd
   * file.
   */
  readonly htpasswd: string | undefined;
  /**
   * True if the registry itself uses TLS. `withDockpass` turns TLS off in the registry, because the edge in front of
   * the registry uses TLS.
   */
  readonly hasTls: boolean;
  /**
   * The path below which the registry serves its API (`http.prefix`). Undefined if it serves the API at `/v2/`.
   * `withDockpass` removes the prefix, because the edge sends `/v2/` unchanged to the registry.
   */
  readonly prefix: string | undefined;
  /** The address of the debug server (`http.debug.addr`). Undefined if the file starts no such server. */
  readonly debugListen: ListenAddress | undefined;
  /**
   * The permission bits of the configuration file. A changed copy of the file must have the same permissions, because
   * the file may contain secrets of a storage driver.
   */
  readonly mode: number;
  /**
   * Returns the text of the configuration with these changes: the `auth` section delegates authorization to dockpass,
   * TLS is off, there is no path prefix, URLs in answers are relative, dockpass gets the events, and the registry does not
   * remember blobs. Comments of the original text are kept.
   */
  withDockpass(
    settings: Pick<RegistrySettings, 'service' | 'issuer' | 'rootCertBundle' | 'externalUrl' | 'events'>,
  ): string;
}

/**
 * Reads the configuration file of a registry.
 * @throws DockpassError `bad_usage` if the file cannot be read or is not the configuration of a registry
 */
export async function readRunningRegistry(path: string): Promise<RunningRegistry> {
  const { parseDocument, isMap } = await import('yaml');
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw unusable(path, messageOf(cause));
  });
  const document: Document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw unusable(path, error.message);
  if (!isMap(document.contents) || !document.has('storage'))
    throw unusable(path, 'it has no storage section. Give the configuration file of a registry.');
  const valueAt = (...names: string[]): unknown => document.getIn(names);
  const address = valueAt('http', 'addr');
  const listen = parseListen(typeof address === 'string' ? address : ':5000');
  if (listen === undefined)
    throw unusable(
      path,
      `http.addr is ${JSON.stringify(address)}. It must be an address and a port, such as :5000.`,
    );
  const users = valueAt('auth', 'htpasswd', 'path');
  const prefix = valueAt('http', 'prefix');
  const debugAddress = valueAt('http', 'debug', 'addr');
  return {
    listen,
    htpasswd: typeof users === 'string' ? resolve(dirname(path), users) : undefined,
    hasTls: isMap(valueAt('http', 'tls')),
    prefix: typeof prefix === 'string' && !/^\/*$/.test(prefix) ? prefix : undefined,
    debugListen: typeof debugAddress === 'string' ? parseListen(debugAddress) : undefined,
    mode: (await stat(path)).mode & 0o777,
    withDockpass: (settings) => {
      const rendered = parseDocument(renderRegistryConfig({ ...settings, ...unusedSettings }));
      const changed = document.clone() as Document;
      changed.set('auth', rendered.get('auth', true));
      if (!isMap(changed.get('http'))) changed.set('http', changed.createNode({}));
      // With relative URLs and without a fixed host, the registry never sends a client from one domain to another
      // domain.
      changed.setIn(['http', 'relativeurls'], true);
      for (const name of ['host', 'prefix', 'tls']) changed.deleteIn(['http', name]);
      // After garbage collection, the registry would take deleted layers for present.
      if (changed.hasIn(['storage', 'cache'])) changed.deleteIn(['storage', 'cache']);
      if (settings.events !== undefined) addEndpoint(changed, settings.events);
      return changed.toString({ lineWidth: 0 });
    },
  };
}

/** Adds the endpoint of dockpass to the endpoints that the configuration has, or replaces an earlier one. */
function addEndpoint(document: Document, events: EventsEndpoint): void {
  const path = ['notifications', 'endpoints'];
  const values = document.toJS() as { notifications?: { endpoints?: unknown } | null };
  const endpoints: unknown = values.notifications?.endpoints;
  const others = (Array.isArray(endpoints) ? (endpoints as unknown[]) : []).filter(
    (endpoint) => (endpoint as { name?: unknown } | null)?.name !== 'dockpass',
  );
  if (values.notifications === null) document.delete('notifications');
  document.setIn(path, document.createNode([...others, ...notificationEndpoints(events)]));
  document.setIn(['notifications', 'events', 'includereferences'], true);
}

/**
 * Settings whose values do not matter. `renderRegistryConfig` requires them, but `withDockpass` uses only the `auth`
 * section of the rendered text.
 */
const unusedSettings = {
  listen: { host: '', port: 0 },
  storage: undefined,
  delete: false,
  logLevel: 'info',
} as const;

function unusable(path: string, problem: string): DockpassError {
  return new DockpassError('bad_usage', `cannot use the registry configuration ${path}: ${problem}`);
}
