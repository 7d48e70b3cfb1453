import { environmentName, type Environment } from '../config/environment.ts';
import { DockpassError } from '../errors.ts';
import { parseListen, type ListenAddress } from '../net/listen-address.ts';
import { isServiceLink } from '../net/service-links.ts';

/** The environment variables that the registry receives, and the storage that these variables configure. */
export interface RegistryEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /**
   * One warning for each environment variable that would configure the registry, but that dockpass does not pass to the
   * registry.
   */
  readonly warnings: readonly string[];
  /**
   * The variables that Kubernetes sets for a Service whose name begins with `registry`. The registry would read them as
   * settings, so it does not receive them.
   */
  readonly serviceLinks: readonly string[];
  /** The address of the registry's debug server. Undefined if no environment variable starts this server. */
  readonly debugListen: ListenAddress | undefined;
  /**
   * The directory in which the registry stores images. Undefined if no environment variable contains this directory.
   */
  readonly storageDirectory: string | undefined;
  /**
   * True if the registry stores images in a directory. False if an environment variable configures another storage
   * driver.
   */
  readonly storesInFolder: boolean;
}

/**
 * Environment variables that would let clients bypass the edge. dockpass does not pass them to the registry. They cause
 * only a warning and not an error, because the official image and many `docker run` commands set REGISTRY_HTTP_ADDR.
 */
const edgeVariables = /^REGISTRY_HTTP_(?:ADDR|NET|HOST|PREFIX|RELATIVEURLS|TLS(?:_.*)?)$/;
const debugVariable = 'REGISTRY_HTTP_DEBUG_ADDR';
const dockpassVariables = /^(?:DOCKPASS_.*|user|pass|public_domain)$/;
/**
 * The environment variable with the path of podman's credentials file. dockpass does not pass this variable on, because
 * the registry would take it for a setting of its `auth` section and fail to start.
 */
const podmanVariable = 'REGISTRY_AUTH_FILE';

/**
 * Selects the environment variables that dockpass passes on to the registry. Variables that do not start with REGISTRY_
 * are also passed on, because a storage driver may need them, such as AWS_REGION. Variables of dockpass are removed,
 * and so are variables that would let clients bypass the edge, and service links of Kubernetes.
 * @throws DockpassError `bad_configuration` for REGISTRY_AUTH…, because dockpass configures authorization itself, and
 *   for a REGISTRY_HTTP_DEBUG_ADDR that is not an address
 */
export function registryEnvironment(environment: Environment): RegistryEnvironment {
  const variables: Record<string, string> = {};
  const warnings: string[] = [];
  const serviceLinks: string[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || name === podmanVariable || dockpassVariables.test(name)) continue;
    if (name.startsWith('REGISTRY_') && isServiceLink(name, environment, false)) {
      serviceLinks.push(name);
      continue;
    }
    if (/^REGISTRY_AUTH(?:_|$)/.test(name)) {
      throw new DockpassError(
        'bad_configuration',
        `${name} is set, but dockpass configures the authorization of the registry. Unset the variable. To import the users of an htpasswd file, run: dockpass import htpasswd FILE`,
      );
    }
    if (edgeVariables.test(name))
      warnings.push(
        `${name} is ignored, because clients must reach the registry only through the edge. ${fixFor(name)}`,
      );
    else variables[name] = value;
    if (/^REGISTRY_NOTIFICATIONS_ENDPOINTS(?:_|$)/.test(name)) warnings.push(replacesEndpoint(name));
  }
  const driver = variables['REGISTRY_STORAGE'];
  const otherDriver = Object.keys(variables).some((name) =>
    /^REGISTRY_STORAGE_(?:S3|AZURE|GCS|SWIFT|OSS|INMEMORY)(?:_|$)/.test(name),
  );
  return {
    variables,
    warnings,
    serviceLinks,
    debugListen: readDebugListen(variables[debugVariable]),
    storageDirectory: variables['REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY'],
    storesInFolder: !otherDriver && (driver === undefined || driver === 'filesystem'),
  };
}

function readDebugListen(text: string | undefined): ListenAddress | undefined {
  if (text === undefined || text === '') return undefined;
  const listen = parseListen(text);
  if (listen !== undefined) return listen;
  throw new DockpassError(
    'bad_configuration',
    `${debugVariable} is ${JSON.stringify(text)}. Set it to an address and a port such as 127.0.0.1:5005, or unset it.`,
  );
}

function replacesEndpoint(name: string): string {
  return `${name} replaces the endpoint with which dockpass receives the events of the registry, so "dockpass usage" counts nothing. Set ${environmentName('events.secret')}, and add the endpoint of docs/usage.md to the variable.`;
}

function fixFor(name: string): string {
  if (name.startsWith('REGISTRY_HTTP_TLS'))
    return 'To use your own certificate for the edge, give --tls CERTIFICATE,KEY.';
  if (name === 'REGISTRY_HTTP_ADDR')
    return 'To change the port of the edge, give --port N. To change the port of the registry, change the setting "up.registryListen".';
  return 'Unset the variable.';
}
