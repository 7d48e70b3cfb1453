import { dirname } from 'node:path';
import { systemClock } from '../clock.ts';
import { startTokenServer, type TokenServer } from '../app/server.ts';
import type { Environment } from '../config/environment.ts';
import { reloadOnChange } from '../config/reload-on-change.ts';
import type { Config } from '../config/load.ts';
import { certificateMonitor } from '../observe/monitors/certificate.ts';
import type { Log } from '../observe/log.ts';
import type { Monitor } from '../observe/monitors/health-checks.ts';
import { registryEnvironment } from '../registry/registry-environment.ts';
import { edgeCertificate, type EdgeCertificate } from './tls/edge-certificate.ts';
import { edgeOf, prepareEdge, hasIpv6, type EdgePart } from './programs/edge.ts';
import { findPrograms } from './process/find-programs.ts';
import { followChanges } from './programs/apply-changes.ts';
import { createSupervisor, StopRequested, type Supervisor } from './process/supervisor.ts';
import { acmeNames } from './domain-names.ts';
import { renewCertificate } from './tls/renew-certificate.ts';
import { ensureAdmin } from './first-admin.ts';
import { callingName, nextSteps } from './next-steps.ts';
import type { NamedAdmin } from './legacy-settings.ts';
import { ensurePortsFree, ensureWritable, storageFolders } from './preflight.ts';
import { prepareRegistry } from './programs/registry.ts';
import { startEdge, startRegistry, takeCertificate } from './programs/start-programs.ts';
import { readTlsChoice, type TlsChoice } from './tls/tls-choice.ts';

export interface UpOptions {
  readonly config: Config;
  /** Reads the configuration again, from where it came from. */
  readonly reload: () => Promise<Config>;
  readonly admin: NamedAdmin | undefined;
  readonly environment: Environment;
  /** Paths of programs, where given by hand. */
  readonly registry: string | undefined;
  readonly edge: string | undefined;
  readonly log: Log;
  /** For what people read: logs of the parts and warnings, then the next steps. */
  readonly say: (line: string) => void;
  readonly print: (line: string) => void;
}

/**
 * Registry, edge and token server as one thing, until somebody asks for its end. Nothing was changed where this
 * throws before the first part is started.
 * @throws DockpassError what is wrong, or which part died
 */
export async function up(order: UpOptions): Promise<void> {
  const { config, say } = order;
  const tls = readTlsChoice(config);
  if (tls.kind === 'acme') acmeNames(config);
  const environment = registryEnvironment(order.environment);
  const parts = findPrograms({
    registry: order.registry,
    edge: order.edge,
    acme: tls.kind === 'acme',
    path: order.environment['PATH'] ?? '',
  });
  await ensureWritable(directoriesOf(config, environment));
  await ensurePortsFree(portsOf(config));
  for (const warning of [...environment.warnings, ...adminWarnings(order)]) say(`warning: ${warning}`);

  const together = createSupervisor();
  try {
    const certificate = await edgeCertificate(config, tls, systemClock);
    const prepare = async (wanted: Config): Promise<EdgePart> => {
      await certificate.cover(wanted);
      return prepareEdge(parts.edge, edgeOf(wanted, certificate.tls), config.up.directory);
    };
    const changes = followChanges(order, prepare);
    const keeper = renewCertificate(certificate, order.log);
    const lookouts = [keeper.lookout, ...endOf(certificate, tls)];
    const server = await runTokenServer(order, lookouts, together, changes.take);
    await startRegistry(await prepareRegistry(parts.registry, config, environment), order, together);
    const edge = await prepare(config);
    const running = await startEdge(edge, order, tls, together);
    await changes.of(edge, running);
    keeper.begin(
      () => takeCertificate(edge, running, certificate, order, together),
      () => void server.look(),
    );
    together.add({ name: 'certificate', stop: async () => keeper.close() });
    const hasUsers = (await server.store.users.list()).length > 0;
    const command = callingName(order.environment['PATH'] ?? '', config.file);
    for (const line of nextSteps({ config, tls, hasUsers, command, authority: certificate.authority }))
      order.print(line);
    await together.end;
  } catch (error) {
    if (!(error instanceof StopRequested)) throw error;
    say('stopping: requests under way are finished first');
  } finally {
    await together.stop();
  }
}

async function runTokenServer(
  { config, log, admin }: UpOptions,
  lookouts: readonly Monitor[],
  together: Supervisor,
  changed: (server: TokenServer) => Promise<void>,
): Promise<TokenServer> {
  const server = await startTokenServer(config, { log, lookouts });
  const letBe = reloadOnChange(config, () => changed(server));
  const stop = (): Promise<void> => {
    letBe();
    return server.close();
  };
  together.add({ name: 'token server', stop });
  if (admin !== undefined) await ensureAdmin(admin, server.store);
  return server;
}

/** Our own is renewed by itself, and Caddy looks after ACME's; files are somebody's. */
function endOf({ tls }: EdgeCertificate, choice: TlsChoice): Monitor[] {
  if (choice.kind !== 'files' || tls.kind !== 'files') return [];
  return [certificateMonitor(tls.certificate, systemClock, choice.certificate)];
}

function adminWarnings({ admin, config }: UpOptions): string[] {
  const length = admin === undefined ? Infinity : [...admin.password.reveal()].length;
  return length < config.passwords.minLength
    ? [
        `the password in pass has ${length} characters; ${config.passwords.minLength} are wanted of every other user`,
      ]
    : [];
}

function directoriesOf(
  config: Config,
  environment: { storageDirectory: string | undefined; storesInFolder: boolean },
) {
  const storage = environment.storageDirectory ?? config.up.storage;
  return [
    { path: config.up.directory, what: 'the folder of configurations', setting: 'up.directory' },
    { path: config.keys.directory, what: 'the folder of keys', setting: 'keys.directory' },
    ...(/^postgres(ql)?:/.test(config.database)
      ? []
      : [{ path: dirname(config.database), what: "the database's folder", setting: 'database' }]),
    ...(environment.storesInFolder
      ? storageFolders(storage).map((path) => ({ path, what: "the images' folder", setting: '--storage' }))
      : []),
  ];
}

function portsOf(config: Config) {
  const edgeHost = hasIpv6() ? '::' : '0.0.0.0';
  const service =
    "stop what holds it (the package's own service, perhaps: sudo systemctl disable --now docker-registry)";
  return [
    { port: config.up.port, host: edgeHost, what: 'the edge', mend: 'choose another with --port N' },
    {
      ...config.up.registryListen,
      what: 'the registry',
      mend: `${service}, or choose another with up.registryListen`,
    },
    { ...config.listen, what: 'the token server', mend: 'choose another with listen' },
    {
      ...config.operations.listen,
      what: 'the operations port',
      mend: 'choose another with operations.listen',
    },
  ];
}
