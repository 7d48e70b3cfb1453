import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DockpassError, messageOf } from '../../errors.ts';
import { parseListen, type ListenAddress } from '../../net/listen-address.ts';

/** The part of a registry's configuration that doctor compares with the configuration of dockpass. */
export interface RegistryFile {
  readonly path: string;
  /** The names of the sections under `auth`, such as `token` and `htpasswd`. */
  readonly auths: readonly string[];
  readonly token: TokenSection | undefined;
  readonly deletes: boolean;
  /** True if the registry remembers which blobs it has (`storage.cache.blobdescriptor`). */
  readonly cachesBlobs: boolean;
  /** The folder in which the registry stores images. Undefined if it uses another storage driver than `filesystem`. */
  readonly storage: string | undefined;
  /** Where the registry sends its events. */
  readonly endpoints: readonly EventEndpoint[];
  /** The address of the debug server (`http.debug.addr`). Undefined if the registry has none. */
  readonly debugListen: ListenAddress | undefined;
  /**
   * The text with which messages name the source of the values: the path of the file. If environment variables override
   * values of the file, the text also names the registry's environment.
   */
  readonly origin: string;
}

/** An endpoint of `notifications.endpoints` in the configuration of a registry. */
export interface EventEndpoint {
  readonly name: string;
  readonly url: string;
  /** The header Authorization that the registry sends. Empty if it sends none. */
  readonly authorization: string;
  readonly isDisabled: boolean;
  /** True if the registry sends no events about layers. */
  readonly ignoresLayers: boolean;
}

export interface TokenSection {
  readonly realm: string | undefined;
  readonly service: string | undefined;
  readonly issuer: string | undefined;
  readonly autoredirect: boolean;
  readonly rootCertBundle: string | undefined;
  readonly jwks: string | undefined;
}

/**
 * Reads a registry's configuration file.
 * @param environment the environment of the registry's process, whose REGISTRY_… variables override the file
 * @throws DockpassError `bad_usage` if the file cannot be read
 */
export async function readRegistryFile(
  path: string,
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<RegistryFile> {
  const { parse } = await import('yaml');
  let values: Section;
  try {
    values = sectionOf(parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new DockpassError(
      'bad_usage',
      `cannot read the registry's configuration ${path}: ${messageOf(cause)}. Give the path of a YAML file that the current user can read.`,
      { cause },
    );
  }
  const overridden = Object.entries(environment).filter(([name]) => name.startsWith('REGISTRY_'));
  for (const [name, value] of overridden)
    setAt(values, name.slice('REGISTRY_'.length).toLowerCase().split('_'), value);
  const auth = sectionOf(values['auth']);
  const token = auth['token'];
  const storage = sectionOf(values['storage']);
  const files = storage['filesystem'];
  const debug = sectionOf(sectionOf(values['http'])['debug'])['addr'];
  const endpoints = sectionOf(values['notifications'])['endpoints'];
  return {
    path,
    auths: Object.keys(auth),
    token: token === undefined ? undefined : tokenSection(sectionOf(token), dirname(resolve(path))),
    deletes: String(sectionOf(storage['delete'])['enabled']) === 'true',
    cachesBlobs: ['blobdescriptor', 'layerinfo'].some((key) =>
      ['inmemory', 'redis'].includes(String(sectionOf(storage['cache'])[key])),
    ),
    storage:
      files === undefined
        ? undefined
        : resolve(dirname(resolve(path)), String(sectionOf(files)['rootdirectory'] ?? '/var/lib/registry')),
    // An environment variable contains the list as YAML.
    endpoints: endpointsIn(typeof endpoints === 'string' ? parse(endpoints) : endpoints),
    debugListen: typeof debug === 'string' ? parseListen(debug) : undefined,
    origin: overridden.length > 0 ? `${path} and the registry's environment` : path,
  };
}

/**
 * Reads the certificates in a PEM file.
 * @returns undefined if doctor cannot read the certificates, for example because the registry runs in a container
 */
export function certificatesIn(path: string | undefined): X509Certificate[] | undefined {
  try {
    const text = readFileSync(path ?? '', 'utf8');
    return (text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(
      (pem) => new X509Certificate(pem),
    );
  } catch {
    return undefined;
  }
}

/**
 * Reads the key ids in a JWKS file.
 * @returns undefined if doctor cannot read the key ids
 */
export function kidsIn(path: string | undefined): string[] | undefined {
  try {
    const { keys } = JSON.parse(readFileSync(path ?? '', 'utf8')) as { keys: { kid?: string }[] };
    return keys.flatMap(({ kid }) => kid ?? []);
  } catch {
    return undefined;
  }
}

/** The media type with which a registry reports layers and configurations. */
const layerType = 'application/octet-stream';

/**
 * Reads the endpoints of a registry's configuration, or of the variable `registry.notifications` of its debug server.
 * The debug server writes the same names with capital letters.
 */
export function endpointsIn(list: unknown): EventEndpoint[] {
  return (Array.isArray(list) ? list : []).map((item: unknown) => {
    const endpoint = lowerCaseKeys(item);
    const authorization = lowerCaseKeys(endpoint['headers'])['authorization'];
    const ignored = [lowerCaseKeys(endpoint['ignore'])['mediatypes'], endpoint['ignoredmediatypes']];
    return {
      name: textOf(endpoint['name']),
      url: textOf(endpoint['url']),
      authorization: textOf(Array.isArray(authorization) ? authorization[0] : authorization),
      isDisabled: textOf(endpoint['disabled']) === 'true',
      ignoresLayers: ignored.flat().includes(layerType),
    };
  });
}

function lowerCaseKeys(value: unknown): Section {
  return Object.fromEntries(
    Object.entries(sectionOf(value)).map(([name, member]) => [name.toLowerCase(), member]),
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : '';
}

type Section = Record<string, unknown>;

function sectionOf(value: unknown): Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Section) : {};
}

function tokenSection(token: Section, base: string): TokenSection {
  const text = (key: string): string | undefined =>
    token[key] === undefined ? undefined : String(token[key]);
  const path = (key: string): string | undefined => {
    const named = text(key);
    return named === undefined || named === '' ? undefined : resolve(base, named);
  };
  return {
    realm: text('realm'),
    service: text('service'),
    issuer: text('issuer'),
    autoredirect: text('autoredirect') === 'true',
    rootCertBundle: path('rootcertbundle'),
    jwks: path('jwks'),
  };
}

/** Sets a value in nested sections. For example, the names `auth`, `token` and `service` set auth.token.service. */
function setAt(values: Section, names: readonly string[], value: unknown): void {
  const [name = '', ...rest] = names;
  if (rest.length === 0) values[name] = value;
  else {
    const next = sectionOf(values[name]);
    values[name] = next;
    setAt(next, rest, value);
  }
}
