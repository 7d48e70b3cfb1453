import { systemClock, type Clock } from '../clock.ts';
import { checkKeyFiles, openKeyStore } from '../admin/keys/key-store.ts';
import { createLogins } from './logins.ts';
import { createMonitors } from './monitors.ts';
import { createSessions } from './sessions.ts';
import { policySettings } from '../config/policy-settings.ts';
import type { Config } from '../config/load.ts';
import type { ListenAddress } from '../net/listen-address.ts';
import { needsRestart, reloadedSettings } from '../config/reload.ts';
import { recordReload } from '../observe/audit/record-reload.ts';
import { messageOf } from '../errors.ts';
import { batchResponses } from '../http/token/batch-responses.ts';
import { createRouter } from '../http/router.ts';
import type { HotEndpoints } from '../http/app.ts';
import { forwardEndpoint } from '../http/forward/forward-endpoint.ts';
import { operationsListener } from '../http/health.ts';
import { revokeEndpoint } from '../http/revoke/revoke-endpoint.ts';
import { startServer as listenOn } from '../http/server.ts';
import type { CurrentServing, Serving } from '../http/serving.ts';
import { tokenEndpoint } from '../http/token/token-endpoint.ts';
import { createAccountFinder } from '../identity/account.ts';
import { startRefreshLoop } from '../keys/refresh-loop.ts';
import { openKeyRing } from '../keys/open-key-ring.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { createAuditRecorder } from '../observe/audit/recorder.ts';
import { startAuditRetention } from '../observe/audit/retention.ts';
import { releaseMemoryWhenIdle } from '../observe/idle-memory.ts';
import { createLog, type Log } from '../observe/log.ts';
import { createPrometheusMeter } from '../observe/prometheus.ts';
import { startHealthChecks, type Monitor } from '../observe/monitors/health-checks.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { createSigner } from '../token/sign.ts';

export interface TokenServer {
  /** Where it really listens: a port 0 in the configuration is any free one. */
  readonly address: ListenAddress;
  readonly operations: ListenAddress;
  readonly keys: KeyRing;
  readonly store: Store;
  /**
   * Takes over what a changed configuration may change in a running server: whole, or not at all. Never throws.
   * @returns what was taken over, undefined where nothing was
   */
  reload(load: () => Promise<Config>): Promise<Config | undefined>;
  /** Looks at once at what there is to warn of: something has just changed. */
  look(): Promise<void>;
  /** Requests in flight are answered and the audit log is written before this resolves. */
  close(): Promise<void>;
}

/**
 * The composition root: from the configuration to a running token server.
 * @throws DockpassError `key_files`, `key_secret`, `database`, `data_directory`, `port_in_use`
 */
export async function startTokenServer(
  config: Config,
  options: { log?: Log; clock?: Clock; lookouts?: readonly Monitor[] } = {},
): Promise<TokenServer> {
  const log = options.log ?? createLog();
  const clock = options.clock ?? systemClock;
  const meter = createPrometheusMeter();
  await checkKeyFiles(config);
  const store = await openStore(config.database, config.databaseStaleness);
  const keys = await openKeys(config, store, clock);
  const findUser = createAccountFinder(store);
  const logins = await createLogins(config, store, findUser, clock, log);
  const recorder = createAuditRecorder(store.auditLog, meter, log, clock, logins.known);
  const sessionsOf = createSessions(config, store, clock, log);
  const servingFor = (wanted: Config): Serving => ({
    trusted: wanted.trustedProxies,
    issuer: {
      ...policySettings(wanted),
      authenticators: logins.chain,
      sessions: sessionsOf.serving(wanted.service),
      sign: createSigner(keys, { issuer: wanted.issuer, service: wanted.service, ...wanted.tokens }, clock),
      record: recorder,
    },
  });
  let current = servingFor(config);
  let inForce = config;
  let notReloaded: string | undefined;
  const serving: CurrentServing = () => current;
  const hot: HotEndpoints = new Map([
    ['/auth/token', tokenEndpoint(serving, log)],
    ['/auth/forward', forwardEndpoint(serving, log)],
    ['/auth/revoke', revokeEndpoint(serving, log)],
  ]);
  const letKeysBe = startRefreshLoop(keys, (error) => {
    if (error === undefined) log.info('the keys can be read again');
    else log.error('the keys cannot be read; signing goes on with those at hand', error);
  });
  const letMemoryBe = releaseMemoryWhenIdle();
  const watch = await startHealthChecks(
    [...createMonitors(config, keys, store, clock, () => notReloaded), ...(options.lookouts ?? [])],
    log,
  );
  meter.watch(watch);
  const reload = async (load: () => Promise<Config>): Promise<Config | undefined> => {
    let wanted: Config | undefined;
    try {
      wanted = await load();
      current = servingFor(wanted);
      notReloaded = undefined;
      log.info('the configuration was read again');
      const taken = reloadedSettings(inForce, wanted);
      inForce = wanted;
      if (taken.length > 0) await recordReload(store, clock, log, taken);
      const ignored = needsRestart(config, wanted);
      if (ignored.length > 0) log.warn(`changed, but wants a restart: ${ignored.join(', ')}`);
    } catch (error) {
      wanted = undefined;
      notReloaded = messageOf(error);
      log.error('the changed configuration is not right; the one before stays in force', error);
    }
    await watch.look();
    return wanted;
  };
  const closing: (() => Promise<void>)[] = [
    async () => watch.close(),
    async () => letMemoryBe(),
    () => sessionsOf.close(),
    () => logins.close(),
    () => recorder.close(),
    startAuditRetention(store.auditLog, config.audit, clock, log),
    async () => letKeysBe(),
    () => store.close(),
  ];
  const closeAll = async (): Promise<void> => {
    for (const close of closing) await close();
  };
  try {
    const main = await listenOn(config.listen, batchResponses(createRouter({ hot, keys }, log)), 'listen');
    closing.unshift(() => main.close());
    const operations = await listenOn(
      config.operations.listen,
      operationsListener({ faults: () => storeFaults(store), warnings: watch.warnings }, meter),
      'operations.listen',
    );
    closing.unshift(() => operations.close());
    return {
      address: main.address,
      operations: operations.address,
      keys,
      store,
      reload,
      look: watch.look,
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function openKeys(config: Config, store: Store, clock: Clock): Promise<KeyRing> {
  try {
    return await openKeyRing(config.keys, clock, await openKeyStore(config, store));
  } catch (error) {
    await store.close();
    throw error;
  }
}

function storeFaults(store: Store): string[] {
  try {
    store.changes();
    return [];
  } catch (error) {
    return [`the database does not answer: ${messageOf(error)}`];
  }
}
