import { requirePermissions } from '../admin/files/permissions.ts';
import { checkKeyFiles } from '../admin/keys/key-store.ts';
import { retryable } from '../cache/retryable.ts';
import { systemClock, type Clock } from '../clock.ts';
import { settingWithVariable } from '../config/environment.ts';
import type { Config } from '../config/load.ts';
import { policySettings } from '../config/policy-settings.ts';
import { importLate, messageOf } from '../errors.ts';
import { createFindConsoleSession } from '../http/api/entry/console-cookie.ts';
import type { SharedParts } from '../http/api/api.ts';
import type { ServerHealth } from '../http/api/operations.ts';
import { forwardEndpoint } from '../http/forward/forward-endpoint.ts';
import { writesEndpoint, type WritesGate } from '../http/forward/writes-gate.ts';
import { writesPath } from '../writes/names.ts';
import { operationsListener } from '../http/health.ts';
import { revokeEndpoint } from '../http/revoke/revoke-endpoint.ts';
import { requireWholeBody } from '../http/body/incomplete-bodies.ts';
import { createRouter } from '../http/router.ts';
import { startHttpServer } from '../http/server.ts';
import type { ServerState } from '../http/server-state.ts';
import { batchResponses } from '../http/token/batch-responses.ts';
import { tokenEndpoint } from '../http/token/token-endpoint.ts';
import { createConsoleSignIns } from '../identity/console/console-sessions.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { startRefreshLoop } from '../keys/refresh-loop.ts';
import { formatListen, type ListenAddress } from '../net/listen-address.ts';
import { createAuditRecorder } from '../observe/audit/recorder.ts';
import { startAuditRetention } from '../observe/audit/retention.ts';
import { releaseMemoryWhenIdle } from '../observe/idle-memory.ts';
import { createLog, type Log } from '../observe/log.ts';
import { startHealthChecks, type Monitor } from '../observe/monitors/health-checks.ts';
import { findKeyFaults } from '../observe/monitors/keys.ts';
import { createPrometheusMeter } from '../observe/prometheus.ts';
import { Secret } from '../secret.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { createSigner } from '../token/sign.ts';
import { announceServer, type ServerProgram } from './announce.ts';
import { recordStart } from './config-changes.ts';
import { createFederatedLogins } from './federated/federated-logins.ts';
import { createLifecycle, type Lifecycle } from './lifecycle.ts';
import { createLogins } from './logins.ts';
import { createMonitors } from './monitors.ts';
import { openKeys } from './open-keys.ts';
import { createParsers } from './parsers.ts';
import { createReloadableState, type ReloadableState } from './reload.ts';
import { createSessions } from './sessions.ts';
import { requireUniqueTrustNames } from './trust-names.ts';

export interface TokenServer {
  /**
   * The address at which the token server listens. If the configured port is 0, this address contains the port that the
   * operating system has chosen.
   */
  readonly address: ListenAddress;
  /** The address of the operations port (/healthz, /readyz, /metrics). */
  readonly operations: ListenAddress;
  /** The address at which registries send events. Undefined if the server receives no events. */
  readonly events: ListenAddress | undefined;
  readonly keys: KeyRing;
  readonly store: Store;
  /** What the edge is told about requests that could write, while writes are stopped. `up` sets it. */
  readonly writes: WritesGate;
  /**
   * Loads a changed configuration, and applies it completely or not at all. Never throws.
   * @returns the new configuration, or undefined if the server continues to use the previous configuration
   */
  reload(load: () => Promise<Config>): Promise<Config | undefined>;
  /**
   * Runs the health checks immediately, without waiting for their next interval. Call this method after a change that
   * affects the result of a health check.
   */
  checkHealth(): Promise<void>;
  /** Answers the requests that are already open, writes the audit log, and closes all resources. */
  close(): Promise<void>;
}

export interface TokenServerOptions {
  readonly log?: Log;
  readonly clock?: Clock;
  /** Additional health checks. The server runs them together with its own health checks. */
  readonly monitors?: readonly Monitor[];
  /** The command that runs this server. If undefined, other commands cannot read the settings of this server. */
  readonly program?: ServerProgram | undefined;
  /** Where registries send events, and with which secret. If undefined, the settings `events` say it. */
  readonly events?: { readonly listen: ListenAddress; readonly secret: Secret } | undefined;
}

/**
 * Starts a token server in three steps: opens the resources, connects them, and listens for requests. If a step throws,
 * all resources that are already open are closed.
 * @throws DockpassError `key_files`, `key_secret`, `database`, `data_directory`, `bad_configuration`, `port_in_use`
 */
export async function startTokenServer(
  config: Config,
  { log = createLog(), clock = systemClock, monitors = [], program, events }: TokenServerOptions = {},
): Promise<TokenServer> {
  const lifecycle = createLifecycle();
  const context: Context = { config, clock, log, lifecycle, events: events ?? configuredEvents(config) };
  try {
    const resources = await open(context);
    const wired = wire(context, resources, program);
    return await listen(context, resources, wired, monitors, program);
  } catch (error) {
    await lifecycle
      .close()
      .catch((closeError: unknown) => log.error('cannot close everything after a failed start', closeError));
    throw error;
  }
}

/** Returns what the settings `events` say. Undefined without a secret: the server then receives no events. */
function configuredEvents({ events: { listen, secret } }: Config): TokenServerOptions['events'] {
  return secret === null ? undefined : { listen, secret: new Secret(secret) };
}

interface Context {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
  readonly events: TokenServerOptions['events'];
}

type Resources = Awaited<ReturnType<typeof open>>;

/** Step 1: opens the database, the keys, and the components that collect data in memory and write it later. */
async function open({ config, clock, log, lifecycle }: Context) {
  await requirePermissions(config, log);
  await checkKeyFiles(config);
  const store = await openStore(config.database, config.databaseStaleness, config.databaseOwnership);
  lifecycle.onClose(() => store.close());
  logDatabaseRights(store, log);
  await requireUniqueTrustNames(store, config);
  const { keys, ...clockState } = await openKeys(config, store, clock, log);
  const logins = await createLogins(config, store, clock, log);
  lifecycle.onClose(() => logins.close());
  const federated = createFederatedLogins(store, clock, log, logins.throttle);
  lifecycle.onClose(() => federated.close());
  const sessions = createSessions(config, store, clock, log);
  lifecycle.onClose(() => sessions.close());
  const signIns = createConsoleSignIns(store.consoleSessions, logins.people, clock, (error) =>
    log.error('cannot write the last-use times of console sessions; trying again', error),
  );
  lifecycle.onClose(() => signIns.close());
  const meter = createPrometheusMeter();
  const recorder = createAuditRecorder(store.auditLog, meter, log, clock, logins.findTakenNames);
  lifecycle.onClose(() => recorder.close());
  return { store, keys, clockState, logins, federated, sessions, signIns, meter, recorder };
}

/** Step 2: connects the resources to a request listener. This step opens and starts nothing. */
function wire(
  { config, clock, log }: Context,
  { store, keys, logins, federated, sessions, signIns, recorder }: Resources,
  program: ServerProgram | undefined,
) {
  const parsers = createParsers();
  const tokenHolders = retryable(async () => {
    const { createFindTokenHolder } = await importLate(() => import('../admin/catalog/token-holder.ts'));
    return createFindTokenHolder({ store, clock, findHtpasswdUser: logins.findHtpasswdUser });
  });
  const createState = (settings: Config): ServerState => {
    const jwtLogins = federated.forConfig(settings);
    return {
      trustedProxies: settings.trustedProxies,
      parsers,
      identify: jwtLogins.identify,
      findTokenHolder: async (token, claim) => (await tokenHolders())(token, claim, jwtLogins.rules),
      issuer: {
        ...policySettings(settings),
        authenticators: logins.authenticatorsWith(jwtLogins.authenticator),
        sessions: jwtLogins.withSessions(sessions.forService(settings.service)),
        exchange: jwtLogins.exchange,
        parseScope: parsers.scope,
        sign: createSigner(
          keys,
          { issuer: settings.issuer, service: settings.service, ...settings.tokens },
          clock,
        ),
        record: recorder,
      },
    };
  };
  const state = createReloadableState(config, createState, { store, clock, log });
  const writes: WritesGate = { mayWrite: undefined };
  const direct = new Map([
    ['/auth/token', tokenEndpoint(state.current, log)],
    ['/auth/forward', forwardEndpoint(state.current, writes, log)],
    [writesPath, writesEndpoint(writes, log)],
    ['/auth/revoke', revokeEndpoint(state.current, log)],
  ]);
  // The health checks begin later, in step 3.
  const health: Health = {
    warnings: () => [],
    address: () => config.listen,
    edge: program?.name === 'up' ? 'own edge' : 'other edge',
  };
  const api = {
    store,
    clock,
    log,
    keys,
    config: state.config,
    state: state.current,
    tokenAuthenticators: logins.tokenAuthenticators,
    findConsoleSession: createFindConsoleSession(signIns),
    entry: { signIns, throttle: logins.throttle },
    health,
    writes,
  };
  let images: SharedParts['images'] | undefined;
  const shared = retryable(async () => {
    const { createImageRegistries } = await importLate(() => import('../admin/images/image-registry.ts'));
    images = createImageRegistries(keys, clock);
    return { images };
  });
  // If no one has listed repositories yet, there is no list to which they could be added.
  const listPushed = (names: readonly string[]): void => images?.(state.config()).repositories.add(names);
  const router = createRouter({ direct, keys, api, shared }, log);
  return {
    state,
    health,
    writes,
    listPushed,
    shared,
    listener: batchResponses(requireWholeBody(router, state.current, log)),
  };
}

/** The part of the server's health that step 3 sets. */
type Health = { -readonly [Key in keyof ServerHealth]: ServerHealth[Key] };

interface Wired {
  readonly state: ReloadableState;
  readonly health: Health;
  /** Adds repositories to which images were pushed to the list of repositories. */
  readonly listPushed: (names: readonly string[]) => void;
  readonly writes: WritesGate;
  readonly shared: () => Promise<SharedParts>;
  readonly listener: ReturnType<typeof batchResponses>;
}

/**
 * Step 3: starts the background work and the health checks. Then listens on the port for clients and on the operations
 * port.
 */
async function listen(
  { config, clock, log, lifecycle, events }: Context,
  { store, keys, clockState, meter }: Resources,
  { state, health, writes, listPushed, shared, listener }: Wired,
  monitors: readonly Monitor[],
  program: ServerProgram | undefined,
): Promise<TokenServer> {
  lifecycle.onClose(startRefreshLoop(keys, (error) => logKeyRefresh(error, log)));
  lifecycle.onClose(startAuditRetention(store.auditLog, config.audit, clock, log));
  lifecycle.onClose(releaseMemoryWhenIdle());

  const ownMonitors = createMonitors(config, {
    keys,
    store,
    clock,
    ...clockState,
    reloadFault: state.fault,
  });
  const healthChecks = await startHealthChecks([...ownMonitors, ...monitors], log);
  lifecycle.onClose(() => healthChecks.close());
  meter.showWarnings(healthChecks.warnings);
  health.warnings = healthChecks.warnings;

  const main = await startHttpServer(config.listen, listener, settingWithVariable('listen'));
  lifecycle.onClose(() => main.close());
  health.address = () => main.address;
  // Announce the server before the operations port opens, so that commands find it as soon as /readyz answers.
  const actual = { listen: formatListen(main.address) };
  const announcement = program && (await announceServer(config, store, program, actual, clock, log));
  lifecycle.onClose(() => announcement?.end());
  const readiness = {
    faults: () => [...findStoreFaults(store), ...findKeyFaults(keys.list(), clock())],
    warnings: healthChecks.warnings,
  };
  const operations = await startHttpServer(
    config.operations.listen,
    operationsListener(readiness, meter),
    settingWithVariable('operations.listen'),
  );
  lifecycle.onClose(() => operations.close());
  let eventsAddress: ListenAddress | undefined;
  if (events !== undefined) {
    // A server that receives no events does not load what they need.
    const { startEvents } = await import('./events.ts');
    const parts = { store, clock, log, state: state.current, lifecycle, onPushed: listPushed };
    eventsAddress = (await startEvents({ ...events, keepRaw: config.events.keepRaw }, parts)).address;
  }
  let stopRetention: (() => Promise<void>) | undefined;
  const startRetention = async (): Promise<void> => {
    // A server without this setting does not load what it needs.
    if (stopRetention !== undefined || state.config().retentionSchedule.at === null) return;
    const { startRetentionSchedule } = await importLate(() => import('./schedule/retention.ts'));
    const { images } = await shared();
    stopRetention ??= startRetentionSchedule({ store, images, clock, log, config: state.config });
  };
  await startRetention();
  lifecycle.onClose(() => stopRetention?.());
  // The server already answers requests and does not wait for this record.
  const recording = recordStart(store, clock, log, config);
  lifecycle.onClose(() => recording);

  return {
    address: main.address,
    operations: operations.address,
    events: eventsAddress,
    keys,
    store,
    writes,
    reload: async (load) => {
      const reloaded = await state.reload(load);
      if (reloaded !== undefined) await announcement?.changed(reloaded);
      await startRetention().catch((error: unknown) =>
        log.error('cannot start the schedule of retention', error),
      );
      await healthChecks.checkNow();
      return reloaded;
    },
    checkHealth: healthChecks.checkNow,
    close: lifecycle.close,
  };
}

function logDatabaseRights({ rights }: Store, log: Log): void {
  if (rights === undefined) return;
  for (const { problem, fix } of rights.ownership)
    log.error(
      `another role could run code in the database with the rights of dockpass: ${problem}. Run this SQL statement as a superuser: ${fix}`,
      undefined,
    );
  if (rights.publicAccess !== undefined)
    log.warn(
      `${rights.publicAccess.problem}. Run this SQL statement as the owner of the database: ${rights.publicAccess.fix}`,
    );
}

function logKeyRefresh(error: unknown, log: Log): void {
  if (error === undefined) log.info('the keys can be read again');
  else log.error('cannot read the keys; signing with the keys that are in memory', error);
}

function findStoreFaults(store: Store): string[] {
  try {
    store.changes();
    return [];
  } catch (error) {
    return [`the database does not answer: ${messageOf(error)}. Check that it runs and can be reached.`];
  }
}
