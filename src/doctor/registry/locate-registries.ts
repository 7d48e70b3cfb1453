import type { Config } from '../../config/load.ts';
import { formatListen } from '../../net/listen-address.ts';
import type { DoctorContext, Registry } from '../context.ts';
import { reachableDomains } from '../domains.ts';
import { isKeySet } from '../edge/edge-reaches-us.ts';
import type { Target } from '../network/http-request.ts';
import { isOnThisMachine } from '../network/this-machine.ts';
import { readRegistryFile } from './registry-file.ts';
import { registryProcessOn, type RegistryProcess } from './registry-process.ts';

/** What the command line says about registries. */
interface RegistryOptions {
  readonly config: Config;
  readonly registries: readonly URL[];
  readonly registryConfig: string | undefined;
}

/** The registries of the command line, else of the configuration, else the one that `dockpass up` starts. */
export async function locateRegistries(
  options: RegistryOptions,
  context: DoctorContext,
): Promise<readonly Registry[]> {
  return Promise.all(urlsOf(options).map((url) => locate(url, options.registryConfig, context)));
}

function urlsOf({ registries, config }: RegistryOptions): readonly URL[] {
  if (registries.length > 0) return registries;
  if (config.registries.length > 0) return config.registries;
  const { host, port } = config.up.registryListen;
  const reached = host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host;
  return [new URL(`http://${formatListen({ host: reached, port })}`)];
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
  // A registry is asked under the name that clients use, so that a realm that follows the Host header shows a real one.
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
