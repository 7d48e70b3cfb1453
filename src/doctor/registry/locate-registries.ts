import type { Config } from '../../config/load.ts';
import { configuredRegistries } from '../../registry/configured-registries.ts';
import type { DoctorContext, Registry } from '../context.ts';
import { reachableDomains } from '../domains.ts';
import { isKeySet } from '../edge/edge-reaches-us.ts';
import type { Target } from '../network/http-request.ts';
import { isOnThisMachine } from '../network/this-machine.ts';
import { readRegistryFile } from './registry-file.ts';
import { registryProcessOn, type RegistryProcess } from './registry-process.ts';

/** The configuration, and the command-line options that name registries. */
interface RegistryOptions {
  readonly config: Config;
  readonly registries: readonly URL[];
  readonly registryConfig: string | undefined;
}

/**
 * Finds the registries to check. These are the registries that the command line names. If the command line names none,
 * they are the registries in the configuration. If the configuration names none either, it is the registry that
 * `dockpass up` starts.
 */
export async function locateRegistries(
  options: RegistryOptions,
  context: DoctorContext,
): Promise<readonly Registry[]> {
  const { registries, registryConfig, config } = options;
  const urls = registries.length > 0 ? registries : configuredRegistries(config);
  return Promise.all(urls.map((url) => locate(url, registryConfig, context)));
}

async function locate(
  url: URL,
  registryConfig: string | undefined,
  { domains, ask }: DoctorContext,
): Promise<Registry> {
  const tls = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const target: Target = { host, port: Number(url.port || (tls ? 443 : 80)), as: url.host, tls };
  const reachable = reachableDomains(domains);
  const domain = reachable.find(
    ({ hostname, target: { port } }) => hostname === host && port === target.port,
  );
  const answersForTokenServer = async (): Promise<boolean> =>
    ask(target, '/auth/jwks').then(isKeySet, () => false);
  const behindEdge = domain !== undefined || (await answersForTokenServer());
  // In the Host header, doctor sends a host name that clients use. With auth.token.autoredirect, the registry copies
  // the host name from this header into the realm, so doctor gets the same realm as clients.
  const as = behindEdge ? url.host : (reachable[0]?.target.as ?? url.host);
  const running = behindEdge ? undefined : await processAt(target);
  return {
    url,
    target: domain?.target ?? { ...target, as },
    behindEdge,
    file: await fileOf(registryConfig, running),
    version: running?.version,
  };
}

async function processAt({ host, port }: Target): Promise<RegistryProcess | undefined> {
  if (!isOnThisMachine(host)) return undefined;
  return registryProcessOn(port).catch(() => undefined);
}

async function fileOf(registryConfig: string | undefined, running: RegistryProcess | undefined) {
  if (registryConfig !== undefined) return readRegistryFile(registryConfig);
  if (running === undefined) return undefined;
  return readRegistryFile(running.configuration, running.environment).catch(() => undefined);
}
