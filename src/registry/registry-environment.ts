import type { Environment } from '../config/environment.ts';
import { DockpassError } from '../errors.ts';

/** The environment variables for the registry, and the storage that they configure. */
export interface RegistryEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** One warning for each environment variable that would configure the registry, but that dockpass ignores. */
  readonly warnings: readonly string[];
  /** The directory of the images, if the environment names one. */
  readonly storageDirectory: string | undefined;
  /** False if the environment configures a storage driver other than `filesystem`. */
  readonly storesInFolder: boolean;
}

/**
 * Variables that would let clients reach the registry without the edge. dockpass ignores them and only warns, because
 * the official image and many `docker run` commands set REGISTRY_HTTP_ADDR.
 */
const edgeVariables = /^REGISTRY_HTTP_(?:ADDR|NET|HOST|PREFIX|RELATIVEURLS|TLS(?:_.*)?)$/;
const dockpassVariables = /^(?:DOCKPASS_.*|user|pass|public_domain)$/;
/**
 * The variable that names podman's credentials file. dockpass does not pass it on, because the registry would read it
 * as a setting of its `auth` section and fail to start.
 */
const podmanVariable = 'REGISTRY_AUTH_FILE';

/**
 * Selects the environment variables that the registry gets. These are not only REGISTRY_… variables, because a storage
 * driver may need others, such as AWS_REGION. Variables of dockpass are removed, and also variables that would let
 * clients bypass the edge.
 * @throws DockpassError `bad_configuration` for REGISTRY_AUTH…, because dockpass configures authorization itself
 */
export function registryEnvironment(environment: Environment): RegistryEnvironment {
  const variables: Record<string, string> = {};
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || name === podmanVariable || dockpassVariables.test(name)) continue;
    if (/^REGISTRY_AUTH(?:_|$)/.test(name)) {
      throw new DockpassError(
        'bad_configuration',
        `${name} is set, but dockpass configures the authorization of the registry. Unset it. To import the users of an htpasswd file, run: dockpass import htpasswd FILE`,
      );
    }
    if (edgeVariables.test(name))
      warnings.push(`${name} is ignored, because the registry must listen behind the edge. ${fixFor(name)}`);
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

function fixFor(name: string): string {
  if (name.startsWith('REGISTRY_HTTP_TLS')) return 'To use your own certificate, give --tls CERTIFICATE,KEY.';
  if (name === 'REGISTRY_HTTP_ADDR')
    return 'To change the port of the edge, give --port N. To change the port of the registry, set up.registryListen.';
  return 'Unset it.';
}
