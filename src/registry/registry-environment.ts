import type { Environment } from '../config/environment.ts';
import { DockpassError } from '../errors.ts';

/** What of our environment the registry gets, and a line about each variable that it does not. */
export interface RegistryEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  /** The folder of the images, where the environment names one. */
  readonly storageDirectory: string | undefined;
  /** False where the environment names another storage driver than a folder. */
  readonly storesInFolder: boolean;
}

/** Settings that make the edge the only door. Images and `docker run` lines set the address without meaning harm. */
const edgesOwn = /^REGISTRY_HTTP_(?:ADDR|NET|HOST|PREFIX|RELATIVEURLS|TLS(?:_.*)?)$/;
const dockpassOwn = /^(?:DOCKPASS_.*|user|pass|public_domain)$/;
/** podman's credentials file; the registry would read it as its own `auth` section and refuse to start. */
const podmansOwn = 'REGISTRY_AUTH_FILE';

/**
 * Everything goes on unchanged (a storage driver wants AWS_… and the like, too), but for what would undo the door.
 * @throws DockpassError `bad_configuration` for REGISTRY_AUTH…, which is dockpass's own.
 */
export function registryEnvironment(environment: Environment): RegistryEnvironment {
  const variables: Record<string, string> = {};
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || name === podmansOwn || dockpassOwn.test(name)) continue;
    if (/^REGISTRY_AUTH(?:_|$)/.test(name)) {
      throw new DockpassError(
        'bad_configuration',
        `${name} is set, but who may do what is decided by dockpass: unset it (users of an htpasswd file come over with \`dockpass import htpasswd FILE\`)`,
      );
    }
    if (edgesOwn.test(name))
      warnings.push(`${name} is not handed to the registry: it listens behind the edge. ${mendOf(name)}`);
    else variables[name] = value;
  }
  const driver = variables['REGISTRY_STORAGE'];
  const otherDriver = Object.keys(variables).some((name) =>
    /^REGISTRY_STORAGE_(?:S3|AZURE|GCS|SWIFT|OSS|INMEMORY)(?:_|$)/.test(name),
  );
  return {
    variables,
    warnings,
    storageDirectory: variables['REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY'],
    storesInFolder: !otherDriver && (driver === undefined || driver === 'filesystem'),
  };
}

function mendOf(name: string): string {
  if (name.startsWith('REGISTRY_HTTP_TLS')) return 'For your own certificate: --tls CERT,KEY';
  if (name === 'REGISTRY_HTTP_ADDR')
    return 'For another port of the edge: --port N; of the registry: up.registryListen';
  return 'Unset it.';
}
