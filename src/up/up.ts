import { dirname } from 'node:path';
import { ensureAdmin } from '../admin/bootstrap-admin.ts';
import { offerSetup } from '../app/offer-setup.ts';
import { startTokenServer, type TokenServer } from '../app/server.ts';
import { systemClock } from '../clock.ts';
import { environmentName, settingWithVariable } from '../config/environment.ts';
import type { Config } from '../config/load.ts';
import { reloadOnChange } from '../config/reload-on-change.ts';
import { readFileStamp } from '../files/file-stamp.ts';
import { certificateMonitor } from '../observe/monitors/certificate.ts';
import type { Monitor } from '../observe/monitors/health-checks.ts';
import { describeServiceLinks } from '../net/service-links.ts';
import { eventsUrl } from '../registry/registry-config.ts';
import { registryEnvironment, type RegistryEnvironment } from '../registry/registry-environment.ts';
import { cleanUp, startCollections } from './collection/start-collections.ts';
import { acmeNames } from './domain-names.ts';
import { areEventsConfigured, chooseEvents, type EventsChoice } from './events-choice.ts';
import { callingName, neededFolder, nextSteps } from './next-steps.ts';
import type { UpOptions } from './options.ts';
import {
  ensurePortsFree,
  ensureWritable,
  storageFolders,
  type NeededDirectory,
  type NeededPort,
} from './preflight.ts';
import { findPrograms, type Programs } from './process/find-programs.ts';
import { createSupervisor, StopRequested, type Supervisor } from './process/supervisor.ts';
import { createReloader } from './programs/apply-changes.ts';
import { edgeOf, hasIpv6, prepareEdge, type EdgeProgram } from './programs/edge.ts';
import { chooseUsers, type ProgramUsers } from './programs/program-users.ts';
import { prepareRegistry } from './programs/registry.ts';
import { edgeTarget, reloadCertificate, startEdge, startRegistry } from './programs/start-programs.ts';
import { edgeCertificate, type EdgeCertificate } from './tls/edge-certificate.ts';
import { forEdge } from './tls/readable-certificate.ts';
import { createRenewalStatus, startCertificateRenewal } from './tls/renew-certificate.ts';
import { readTlsChoice, type TlsChoice } from './tls/tls-choice.ts';
import { isPostgres } from '../store/open-store.ts';
import { writesFolder } from '../writes/writes-folder.ts';

/**
 * Runs the token server, the registry and the edge as a unit until a stop is requested. If a step of the start fails,
 * dockpass stops all components that it has already started. If a check before the start fails, dockpass has not
 * changed anything.
 * @throws DockpassError that describes the problem, or that contains the last output of the program that exited
 */
export async function up(options: UpOptions): Promise<void> {
  const { config, log } = options;
  const { tls, programs, environment, users } = await checkBeforeStart(options);
  const configurationStamp = readFileStamp(config.file);

  const supervisor = createSupervisor();
  const superviseStop = (name: string, stop: () => void): void =>
    supervisor.add({ name, stop: async () => stop() });
  try {
    const certificate = await forEdge(await edgeCertificate(config, tls, systemClock), config, users.edge);
    const renewal = createRenewalStatus();
    const monitors = [renewal.monitor, ...expiryMonitors(certificate, tls)];
    const prepare = async (changed: Config): Promise<EdgeProgram> => {
      await certificate.cover(changed);
      return prepareEdge(programs.edge, edgeOf(changed, certificate.tls), config.up.directory, users.edge);
    };

    const events = await chooseEvents(config);
    const server = await runTokenServer(options, monitors, supervisor, events);
    const endpoint = { url: eventsUrl(server.events ?? events.listen), secret: events.secret.reveal() };
    const registry = await prepareRegistry(programs.registry, config, environment, endpoint, users.registry);
    await cleanUp(writesFolder(config), registry, log);
    await startRegistry(registry, options, supervisor);
    // It listens for commands before the edge answers, so that a command that comes at once finds it.
    const collections = await startCollections(
      options,
      {
        registry,
        storage: environment.storageDirectory ?? config.up.storage,
        writes: writesFolder(config),
        edge: edgeTarget(config, tls),
        server,
        log,
      },
      environment,
    );
    supervisor.add({ name: 'garbage collection', stop: collections.stop });
    const edge = await startEdge(await prepare(config), options, tls, supervisor);
    // A garbage collection ends before the edge does.
    supervisor.add({ name: 'garbage collection', stop: collections.stop });

    const stopRenewal = startCertificateRenewal({
      certificate,
      status: renewal,
      reloadEdge: () => reloadCertificate(edge, certificate, options, supervisor),
      onStatusChange: () => void server.checkHealth(),
      log,
    });
    superviseStop('certificate renewal', stopRenewal);
    const reload = async (): Promise<Config> => {
      const changed = await options.reload();
      await collections.changed(changed);
      return changed;
    };
    const applyChanges = createReloader({ ...options, reload }, server, edge, prepare);
    superviseStop('configuration watch', reloadOnChange(config, applyChanges, configurationStamp));

    await printNextSteps(options, tls, certificate, server);
    await supervisor.ended;
  } catch (error) {
    if (!(error instanceof StopRequested)) throw error;
    options.printStatus('stopping; waiting until open requests are finished');
  } finally {
    await supervisor.stop();
    users.close();
  }
}

/** Runs all checks that do not change anything, and prints their warnings. */
async function checkBeforeStart(
  options: UpOptions,
): Promise<{ tls: TlsChoice; programs: Programs; environment: RegistryEnvironment; users: ProgramUsers }> {
  const { config, log, printStatus } = options;
  const tls = readTlsChoice(config);
  if (tls.kind === 'acme') acmeNames(config);
  const environment = registryEnvironment(options.environment);
  const programs = findPrograms({
    registry: options.registry,
    edge: options.edge,
    acme: tls.kind === 'acme',
    path: options.environment['PATH'] ?? '',
  });
  const users = await chooseUsers(options, programs.edge.kind, environment);
  await ensureWritable(neededDirectories(config, environment, users.registry !== undefined));
  await ensurePortsFree(neededPorts(config, environment), config.operations.listen);
  if (environment.serviceLinks.length > 0) log.info(describeServiceLinks(environment.serviceLinks));
  for (const warning of [...environment.warnings, ...adminWarnings(options)])
    printStatus(`warning: ${warning}`);
  return { tls, programs, environment, users };
}

/**
 * Starts the token server. If environment variables contain the name and password of an administrator, this function
 * creates a user with this name and password, or updates the existing user.
 */
async function runTokenServer(
  { config, log, admin, describeVersion }: UpOptions,
  monitors: readonly Monitor[],
  supervisor: Supervisor,
  events: EventsChoice,
): Promise<TokenServer> {
  const server = await startTokenServer(config, {
    log,
    monitors,
    events,
    program: { name: 'up', describeVersion },
  });
  supervisor.add({ name: 'token server', stop: () => server.close() });
  if (admin !== undefined) await ensureAdmin(server.store, systemClock, admin);
  return server;
}

async function printNextSteps(
  { config, environment, print, log }: UpOptions,
  tls: TlsChoice,
  { authority }: EdgeCertificate,
  { store }: TokenServer,
): Promise<void> {
  const hasUsers = (await store.users.list()).length > 0;
  const setupCode = await offerSetup(store, systemClock, config, log);
  const command = callingName(environment['PATH'] ?? '', config.file);
  const folder = neededFolder(config);
  for (const line of nextSteps({ config, tls, hasUsers, setupCode, command, folder, authority })) print(line);
}

/**
 * Creates the health check that warns before a certificate from `--tls CERTIFICATE,KEY` expires. No other certificate
 * needs this warning, because dockpass renews self-signed certificates, and Caddy renews certificates from ACME.
 */
function expiryMonitors({ tls }: EdgeCertificate, choice: TlsChoice): Monitor[] {
  if (choice.kind !== 'files' || tls.kind !== 'files') return [];
  return [certificateMonitor(tls.certificate, systemClock, choice.certificate)];
}

function adminWarnings({ admin, config }: UpOptions): string[] {
  const length = admin === undefined ? Infinity : [...admin.password.reveal()].length;
  const { minLength } = config.passwords;
  return length < minLength
    ? [
        `the password in the environment variable "pass" has ${length} characters. dockpass accepts this password, but requires at least ${minLength} characters for the passwords of all other users. Choose a longer password.`,
      ]
    : [];
}

/** @param hasOwnUser true if the registry runs as another user, for whom `chooseUsers` has checked the folders */
function neededDirectories(
  config: Config,
  environment: RegistryEnvironment,
  hasOwnUser: boolean,
): NeededDirectory[] {
  const storage = environment.storageDirectory ?? config.up.storage;
  return [
    { path: config.up.directory, what: 'the configuration directory', setting: 'up.directory' },
    { path: config.keys.directory, what: 'the key directory', setting: 'keys.directory' },
    ...(isPostgres(config.database)
      ? []
      : [{ path: dirname(config.database), what: 'the database directory', setting: 'database' }]),
    ...(environment.storesInFolder && !hasOwnUser
      ? storageFolders(storage).map((path) => ({ path, what: 'the image directory', setting: '--storage' }))
      : []),
  ];
}

function neededPorts(config: Config, { debugListen }: RegistryEnvironment): NeededPort[] {
  const { listen, operations, events } = config;
  const { port, registryListen } = config.up;
  return [
    {
      port,
      host: hasIpv6() ? '::' : '0.0.0.0',
      what: 'the edge',
      variable: environmentName('up.port'),
      fix: `Choose another port with --port N, or with ${settingWithVariable('up.port')}.`,
    },
    {
      ...registryListen,
      what: 'the registry',
      variable: environmentName('up.registryListen'),
      fix: `Stop the program that uses the port, or choose another port with ${settingWithVariable('up.registryListen')}. To stop the service of the docker-registry package, run: sudo systemctl disable --now docker-registry`,
    },
    {
      ...listen,
      what: 'the token server',
      variable: environmentName('listen'),
      fix: `Choose another port with ${settingWithVariable('listen')}.`,
    },
    {
      ...operations.listen,
      what: 'the operations port',
      variable: environmentName('operations.listen'),
      fix: `Choose another port with ${settingWithVariable('operations.listen')}.`,
    },
    ...(areEventsConfigured(config)
      ? [
          {
            ...events.listen,
            what: 'the port for events of the registry',
            variable: environmentName('events.listen'),
            fix: `Choose another port with ${settingWithVariable('events.listen')}.`,
          },
        ]
      : []),
    ...(debugListen === undefined
      ? []
      : [
          {
            ...debugListen,
            what: 'the debug server of the registry',
            variable: 'REGISTRY_HTTP_DEBUG_ADDR',
            fix: 'Choose another port in the environment variable REGISTRY_HTTP_DEBUG_ADDR, or unset the variable.',
          },
        ]),
  ];
}
