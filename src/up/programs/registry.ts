import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '../../config/load.ts';
import { replaceFile } from '../../files/atomic-file.ts';
import { rootCertBundleFile } from '../../keys/key-settings.ts';
import { renderRegistryConfig } from '../../registry/registry-config.ts';
import type { RegistryEnvironment } from '../../registry/registry-environment.ts';
import type { ChildCommand } from '../process/child-process.ts';

/** Writes the registry's configuration and says how it is run. */
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
    // At the level above, every request without a token yet is a warning.
    logLevel: 'error',
  });
  await replaceFile(file, text, 0o644);
  const env = {
    // Registry 3 else looks for a collector of traces, in vain.
    OTEL_TRACES_EXPORTER: 'none',
    // Signs the state of uploads; one registry needs to agree with nobody about it.
    REGISTRY_HTTP_SECRET: randomBytes(32).toString('hex'),
    ...environment.variables,
  };
  // Registry 3 counts every 404 as an error, and each push asks for layers that are not there yet.
  const noise = /msg="response completed with error".* http\.response\.status=4\d\d/;
  return { name: 'registry', command: path, args: ['serve', file], env, stopSignal: 'SIGTERM', noise };
}
