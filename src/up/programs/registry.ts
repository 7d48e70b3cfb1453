import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '../../config/load.ts';
import { replaceFile } from '../../files/atomic-file.ts';
import { rootCertBundleFile } from '../../keys/key-settings.ts';
import { renderRegistryConfig } from '../../registry/registry-config.ts';
import type { RegistryEnvironment } from '../../registry/registry-environment.ts';
import type { ChildCommand } from '../process/child-process.ts';

/** Writes the registry's configuration file. @returns how to run the registry with it */
export async function prepareRegistry(
  path: string,
  config: Config,
  environment: RegistryEnvironment,
): Promise<ChildCommand> {
  const file = join(config.up.directory, 'registry-config.yml');
  const text = renderRegistryConfig({
    service: config.service,
    issuer: config.issuer,
    rootCertBundle: rootCertBundleFile(config.keys.directory),
    externalUrl: config.externalUrl ?? undefined,
    listen: config.up.registryListen,
    storage: environment.storesInFolder ? config.up.storage : undefined,
    delete: false,
    // With the level `warn`, the registry would log each request without a token, which every client sends first.
    logLevel: 'error',
  });
  await replaceFile(file, text, 0o644);
  const env = {
    // Otherwise registry 3 tries to connect to an OpenTelemetry collector, which does not exist here.
    OTEL_TRACES_EXPORTER: 'none',
    // The registry signs the state of uploads with this secret. Several registries would have to share one secret;
    // there is only one, so a new secret at each start is enough.
    REGISTRY_HTTP_SECRET: randomBytes(32).toString('hex'),
    ...environment.variables,
  };
  // Registry 3 logs each 4xx answer as an error. A push asks for layers that do not exist yet, so 404 is normal.
  const noise = /msg="response completed with error".* http\.response\.status=4\d\d/;
  return { name: 'registry', command: path, args: ['serve', file], env, stopSignal: 'SIGTERM', noise };
}
