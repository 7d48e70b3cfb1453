import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '../../config/load.ts';
import { replaceFile } from '../../files/atomic-file.ts';
import { rootCertBundleFile } from '../../keys/key-settings.ts';
import {
  notificationEndpoints,
  renderRegistryConfig,
  type EventsEndpoint,
} from '../../registry/registry-config.ts';
import type { RegistryEnvironment } from '../../registry/registry-environment.ts';
import type { ChildCommand } from '../process/child-process.ts';
import type { SystemUser } from '../process/system-user.ts';

/**
 * Writes the registry's configuration file.
 * @param events where the registry sends its events
 * @param user the user as whom the registry runs, if it is not that of dockpass
 * @returns the command that runs the registry with this file
 */
export async function prepareRegistry(
  path: string,
  config: Config,
  environment: RegistryEnvironment,
  events: EventsEndpoint,
  user?: SystemUser,
): Promise<ChildCommand> {
  const file = join(config.up.directory, 'registry-config.yml');
  const text = renderRegistryConfig({
    service: config.service,
    issuer: config.issuer,
    rootCertBundle: rootCertBundleFile(config.keys.directory),
    externalUrl: config.externalUrl ?? undefined,
    listen: config.up.registryListen,
    storage: environment.storesInFolder ? config.up.storage : undefined,
    // Retention rules could delete nothing otherwise. The environment variable of the registry overrides this.
    delete: config.retention.length > 0,
    // Each client sends its first request without a token. With the log level `warn`, the registry would log each of
    // these requests.
    logLevel: 'error',
  });
  await replaceFile(file, text, 0o644);
  const env = {
    // Without this variable, registry 3 would try to connect to an OpenTelemetry collector, which does not exist here.
    OTEL_TRACES_EXPORTER: 'none',
    // The registry signs the state of uploads with this secret. A new secret at each start is enough, because `dockpass
    // up` runs only one registry, so no other registry needs to know the secret.
    REGISTRY_HTTP_SECRET: randomBytes(32).toString('hex'),
    // These settings are not in the file, because others may read the file, and the endpoint contains a secret. The
    // registry parses the value as YAML, which includes JSON.
    REGISTRY_NOTIFICATIONS_EVENTS_INCLUDEREFERENCES: 'true',
    REGISTRY_NOTIFICATIONS_ENDPOINTS: JSON.stringify(notificationEndpoints(events)),
    ...environment.variables,
  };
  // Do not log these lines. Registry 3 logs each 4xx answer as an error, but 404 is a normal answer during a push,
  // because the client asks for layers that do not exist yet.
  const noise = /msg="response completed with error".* http\.response\.status=4\d\d/;
  return {
    name: 'registry',
    command: path,
    args: ['serve', file],
    env,
    ...(user !== undefined && { user }),
    stopSignal: 'SIGTERM',
    noise,
  };
}
