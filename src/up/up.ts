import { dirname } from 'node:path';
import { systemClock } from '../clock.ts';
import { startServer, type TokenServer } from '../compose.ts';
import type { Environment } from '../config/environment.ts';
import { keepConfigured } from '../config/keep-configured.ts';
import type { Config } from '../config/load.ts';
import { certificateLookout } from '../observe/certificate-warnings.ts';
import type { Log } from '../observe/log.ts';
import { registryEnvironment } from '../registry/registry-environment.ts';
import { hasIpv6 } from './edge-part.ts';
import { findParts } from './find-parts.ts';
import { followChanges } from './follow-changes.ts';
import { household, StopAsked, type Household } from './household.ts';
import { acmeNames } from './names.ts';
import { ensureAdmin } from './named-admin.ts';
import { callingName, nextSteps } from './next-steps.ts';
import type { NamedAdmin } from './old-names.ts';
import { ensurePortsFree, ensureWritable, storageFolders } from './preconditions.ts';
import { challengeProbe, keysProbe, portProbe, untilAnswers, type Target } from './probe.ts';
import { registryPart } from './registry-part.ts';
import { prepareEdge } from './running-edge.ts';
import { startPart, type PartCommand, type RunningPart } from './supervise.ts';
import { readTlsChoice, type TlsChoice } from './tls-choice.ts';

export interface UpOrder {
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
export async function up(order: UpOrder): Promise<void> {
  const { config, say } = order;
  const tls = readTlsChoice(config);
  if (tls.kind === 'acme') acmeNames(config);
  const environment = registryEnvironment(order.environment);
  const parts = findParts({
    registry: order.registry,
    edge: order.edge,
    acme: tls.kind === 'acme',
    path: order.environment['PATH'] ?? '',
  });
  await ensureWritable(directoriesOf(config, environment));
  await ensurePortsFree(portsOf(config));
  for (const warning of [...environment.warnings, ...adminWarnings(order)]) say(`warning: ${warning}`);

  const together = household();
  try {
    const changes = followChanges(order, (wanted) => prepareEdge(parts.edge, wanted, tls));
    const server = await startTokenServer(order, tls, together, changes.take);
    await startRegistry(await registryPart(parts.registry, config, environment), order, together);
    const edge = await prepareEdge(parts.edge, config, tls);
    await changes.of(edge.part, await startEdge(edge.part, order, tls, together));
    const hasUsers = (await server.store.users.list()).length > 0;
    const command = callingName(order.environment['PATH'] ?? '', config.file);
    for (const line of nextSteps({ config, tls, hasUsers, command, authority: edge.authority }))
      order.print(line);
    await together.end;
  } catch (error) {
    if (!(error instanceof StopAsked)) throw error;
    say('stopping: requests under way are finished first');
  } finally {
    await together.stop();
  }
}

async function startTokenServer(
  { config, log, admin }: UpOrder,
  tls: TlsChoice,
  together: Household,
  changed: (server: TokenServer) => Promise<void>,
): Promise<TokenServer> {
  // Self-signed is renewed at each start a year before its end, and Caddy looks after ACME's; files are somebody's.
  const lookouts = tls.kind === 'files' ? [certificateLookout(tls.certificate, systemClock)] : [];
  const server = await startServer(config, { log, lookouts });
  const letBe = keepConfigured(config, () => changed(server));
  const stop = (): Promise<void> => {
    letBe();
    return server.close();
  };
  together.add({ name: 'token server', stop });
  if (admin !== undefined) await ensureAdmin(admin, server.store);
  return server;
}

async function startRegistry(
  part: PartCommand,
  { config, say }: UpOrder,
  together: Household,
): Promise<void> {
  together.add(startPart(part, say));
  const { port } = config.up.registryListen;
  const target: Target = { host: '127.0.0.1', port, as: `localhost:${config.up.port}`, tls: false };
  const challenge = challengeProbe(target, { service: config.service, realm: () => true });
  await together.during((giveUp) => untilAnswers('the registry', challenge, giveUp));
}

async function startEdge(
  part: PartCommand,
  { config, say }: UpOrder,
  tls: TlsChoice,
  together: Household,
): Promise<RunningPart> {
  const running = startPart(part, say);
  together.add(running);
  const here = `localhost:${config.up.port}`;
  const target: Target = { host: '127.0.0.1', port: config.up.port, as: here, tls: tls.kind !== 'off' };
  if (tls.kind === 'acme') {
    say('Caddy is getting certificates; until it has them, the edge refuses connections');
    await together.during((giveUp) => untilAnswers('the edge', portProbe(target), giveUp));
    return running;
  }
  const scheme = tls.kind === 'off' ? 'http' : 'https';
  const isOurs = (realm: string): boolean =>
    config.externalUrl === null
      ? realm.endsWith(`//${here}/auth/token`)
      : realm.startsWith(config.externalUrl.origin);
  let seen = '';
  const challenge = challengeProbe(target, {
    service: config.service,
    realm: (realm) => isOurs((seen = realm)),
  });
  await together.during((giveUp) => untilAnswers('the edge', challenge, giveUp));
  const keys = keysProbe(target);
  await together.during((giveUp) => untilAnswers('the token server behind the edge', keys, giveUp));
  if (config.externalUrl === null && !seen.startsWith(`${scheme}:`)) {
    say(
      'warning: registry 2.8 sends clients to https always: it works behind a TLS proxy; for plain HTTP on localhost take registry 3',
    );
  }
  return running;
}

function adminWarnings({ admin, config }: UpOrder): string[] {
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
