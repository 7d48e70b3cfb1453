import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../../clock.ts';
import { loadConfig, type Config } from '../../config/load.ts';
import { formatListen } from '../../net/listen-address.ts';
import { schema } from '../../config/schema.ts';
import type { EdgeTls } from '../../edge/edge.ts';
import { DockpassError, messageOf } from '../../errors.ts';
import { replaceFile } from '../../files/atomic-file.ts';
import { rootCertBundleFile } from '../../keys/key-settings.ts';
import { formatDomain } from '../../realm/domain.ts';
import { isPostgres, openStore } from '../../store/open-store.ts';
import { withKeyRing } from '../../admin/keys/key-store.ts';
import { compareClock } from '../../keys/clock-fault.ts';
import { openKeyRing } from '../../keys/open-key-ring.ts';
import { defaultRegistrySettings, eventsUrl, renderRegistryConfig } from '../../registry/registry-config.ts';
import { readRunningRegistry, type RunningRegistry } from '../../registry/running-registry.ts';
import { callingName } from '../../up/next-steps.ts';
import { edgeOf } from '../../up/programs/edge.ts';
import { certificateNames } from '../../up/domain-names.ts';
import { selfSignedTls, tlsDirectory } from '../../up/tls/self-signed.ts';
import { tlsOf, writeEdgeOnly } from '../init/edge-only.ts';
import { servedNames, edgeFileNames, edgeFiles, edgeFileUse } from '../init/edge-files.ts';
import { askInitQuestions, type InitAnswers } from '../init/questions.ts';
import { requireNoFiles } from '../init/require-no-files.ts';
import { renderStarterConfig } from '../init/starter-config.ts';
import { configOf } from '../context.ts';
import { say } from '../output.ts';
import { sayIfServerDiffers } from '../running/current-config.ts';

type InitFlags = Partial<InitAnswers> & { readonly config?: string };
export type InitOptions = InitFlags & { readonly out: string; readonly edgeOnly?: boolean };

/** Writes the files that `init` creates: all of them, or with `--edge-only` only those of the edge. */
export async function init({ out, edgeOnly, ...flags }: InitOptions, command: Command): Promise<void> {
  const folder = resolve(out);
  if (edgeOnly === true) {
    requireOnlyEdge(flags);
    const config = await configOf(command);
    await writeEdgeOnly(config, flags.edge, folder);
    await sayIfServerDiffers(config);
    return;
  }
  const { config: named } = command.optsWithGlobals<{ config?: string }>();
  const file = named ?? process.env['DOCKPASS_CONFIG'];
  if (file) {
    requireNoSettings(flags, file);
    await writeAll(answersOf(flags), folder, await configOf(command));
    return;
  }
  const asks = hasNoFlags(flags) && process.stdin.isTTY;
  await writeAll(asks ? await askInitQuestions() : answersOf(flags), folder, undefined);
}

function hasNoFlags(flags: InitFlags): boolean {
  return Object.keys(flags).every((flag) => flag === 'config');
}

/**
 * Checks that the command line has no flag that `--edge-only` would ignore.
 * @throws DockpassError `bad_usage`
 */
function requireOnlyEdge({ edge: _edge, ...flags }: InitFlags): void {
  if (hasNoFlags(flags)) return;
  throw new DockpassError(
    'bad_usage',
    '--edge-only takes domains, port and certificate from the configuration. To change them, edit dockpass.yml. With --edge-only, you can use only the options --edge, --out and --config.',
  );
}

/**
 * Checks that the command line has no flag for a setting that the configuration file sets.
 * @throws DockpassError `bad_usage`
 */
function requireNoSettings(flags: InitFlags, file: string): void {
  const names = ['publicDomain', 'privateDomain', 'port', 'tls', 'htpasswd'] as const;
  if (names.every((name) => flags[name] === undefined)) return;
  throw new DockpassError(
    'bad_usage',
    `with --config, init takes domains, port, certificate and htpasswd file from ${file}. Edit ${file} instead, or run init without --config to write a new dockpass.yml.`,
  );
}

function answersOf(flags: InitFlags): InitAnswers {
  return {
    publicDomain: flags.publicDomain ?? [],
    privateDomain: flags.privateDomain ?? [],
    edge: flags.edge ?? 'caddy',
    port: flags.port,
    tls: flags.tls ?? 'self-signed',
    registryConfig: flags.registryConfig,
    htpasswd: flags.htpasswd,
  };
}

/**
 * Writes the keys, the database, dockpass.yml, registry-config.yml and the configuration files of the edge. Reads and
 * checks all input before it writes the first file.
 * @param existing the configuration that `--config` names. If it is given, no dockpass.yml is written, and keys and
 *   database are those of this configuration.
 */
async function writeAll(answers: InitAnswers, folder: string, existing: Config | undefined): Promise<void> {
  const running =
    answers.registryConfig === undefined
      ? undefined
      : await readRunningRegistry(resolve(answers.registryConfig));
  const config = existing ?? (await configFrom(answers, folder, running));
  if (running !== undefined) requireOwnDebugPort(running, config);
  requireNoFiles(
    folder,
    [
      ...(existing === undefined ? ['dockpass.yml'] : []),
      'registry-config.yml',
      ...edgeFileNames(answers.edge),
    ],
    'To write only the files of the edge again, run "dockpass init --edge-only".',
  );
  const tls = existing === undefined ? tlsFiles(answers.tls, config) : tlsOf(config, answers.edge, true);
  const edge = { ...edgeOf(config, await tls), ...servedNames(config) };
  // The registry reads the trust bundle when the registry starts, and it may start before dockpass runs for the first
  // time. So create the keys and the trust bundle now.
  await createDatabase(config);
  await createKeys(config);

  // An existing configuration without a secret stays without one: its server does not listen for events.
  const secret = config.events.secret ?? (existing === undefined ? randomBytes(32).toString('hex') : null);
  const texts = {
    ...(existing === undefined && { 'dockpass.yml': starterConfigOf(answers, config, secret) }),
    'registry-config.yml': registryConfigOf(config, running, secret),
    ...(await edgeFiles(answers.edge, edge, folder)),
  };
  const modeOf = (name: string): number => {
    // The registry often runs as another user, so it can read its file as it could before.
    if (name === 'registry-config.yml') return running?.mode ?? 0o644;
    return name === 'dockpass.yml' ? 0o640 : 0o644;
  };
  for (const [name, text] of Object.entries(texts)) {
    await replaceFile(join(folder, name), text, modeOf(name));
  }
  say(`written to ${folder}: ${Object.keys(texts).join(', ')}, and the keys. Next steps:`);
  for (const line of nextSteps(answers, folder, existing?.file ?? join(folder, 'dockpass.yml'), running))
    say(`  ${line}`);
}

/**
 * Creates the configuration from the answers and the environment variables. `serve` and `up` use environment variables
 * too, for example for an address, so the files that `init` writes must contain the same values. Does not read
 * dockpass.yml, because `init` is about to write that file.
 * @throws DockpassError `bad_usage`, `bad_configuration`
 */
function configFrom(
  answers: InitAnswers,
  folder: string,
  running: RunningRegistry | undefined,
): Promise<Config> {
  const { publicDomain: publicDomains, privateDomain: privateDomains, port } = answers;
  const read = schema.safeParse({
    publicDomains,
    up: { privateDomains, ...(port !== undefined && { port }) },
  });
  if (!read.success)
    throw new DockpassError(
      'bad_usage',
      read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'),
    );
  const users = answers.htpasswd === undefined ? running?.htpasswd : resolve(answers.htpasswd);
  return loadConfig({
    file: null,
    environment: process.env,
    flags: {
      publicDomains: undefinedIfEmpty(publicDomains),
      htpasswd: users,
      // In a container, the environment variable DOCKPASS_KEYS_DIRECTORY sets the folder of the keys. It then takes
      // precedence over the default folder.
      'keys.directory':
        process.env['DOCKPASS_KEYS_DIRECTORY'] === undefined ? join(folder, 'keys') : undefined,
      // A relative path in the new dockpass.yml is relative to its folder.
      database: hasVariable('DOCKPASS_DATABASE') ? undefined : join(folder, 'data/dockpass.db'),
      'up.privateDomains': undefinedIfEmpty(privateDomains),
      'up.port': port,
      'up.directory': join(folder, 'data/up'),
      'up.storage': join(folder, 'data/registry'),
      // Traefik watches only one folder.
      'writes.directory': answers.edge === 'traefik' ? join(folder, 'traefik') : undefined,
      'up.registryListen': running === undefined ? undefined : formatListen(running.listen),
    },
  });
}

function hasVariable(name: string): boolean {
  return process.env[name] !== undefined || process.env[`${name}_FILE`] !== undefined;
}

/**
 * Checks that the debug server of the registry does not use the port of another component. Some example configurations
 * of registries set `http.debug.addr: :5001`, which is the default port of the edge.
 * @throws DockpassError `bad_usage`
 */
function requireOwnDebugPort(
  { debugListen }: RunningRegistry,
  { up, listen, operations, events }: Config,
): void {
  if (debugListen === undefined) return;
  const users = [
    { port: up.port, what: 'the edge' },
    { port: listen.port, what: 'the token server' },
    { port: operations.listen.port, what: 'the operations port of the token server' },
    { port: events.listen.port, what: 'the port for events of the token server' },
  ];
  const other = users.find(({ port }) => port === debugListen.port);
  if (other === undefined) return;
  throw new DockpassError(
    'bad_usage',
    `http.debug.addr of the registry configuration uses port ${debugListen.port}, which is also the port of ${other.what}. Remove http.debug.addr or change its port. For the edge, you can also choose another port with --port.`,
  );
}

/**
 * Returns the list of domains, or undefined if the list is empty, because an empty list would override the domains that
 * an environment variable sets.
 */
function undefinedIfEmpty(domains: readonly string[]): readonly string[] | undefined {
  return domains.length > 0 ? domains : undefined;
}

/**
 * Creates the database, because other commands, such as `user add`, do not create it. A PostgreSQL server may not be
 * reachable yet. If the keys are not stored there, `init` works nevertheless.
 */
async function createDatabase({ database, databaseOwnership, keys }: Config): Promise<void> {
  try {
    await (await openStore(database, undefined, databaseOwnership)).close();
  } catch (error) {
    if (!isPostgres(database) || keys.secret !== null) throw error;
    say(`warning: the database is not created yet: ${messageOf(error)}. "dockpass serve" creates it.`);
  }
}

/**
 * Creates the keys: in the database if `keys.secret` is set, otherwise in the key folder. If the database has a record
 * of an earlier CA, no new CA is created. For this check, a PostgreSQL database is opened only if `keys.secret` is set.
 */
async function createKeys(config: Config): Promise<void> {
  if (config.keys.secret !== null || !isPostgres(config.database))
    return withKeyRing(config, systemClock, () => {});
  const clockFault = compareClock(systemClock, undefined);
  await openKeyRing(config.keys, systemClock, undefined, { clockFault });
}

async function tlsFiles(text: string, config: Config): Promise<EdgeTls> {
  if (text === 'off') return { kind: 'off' };
  if (text === 'self-signed') {
    const { server } = await selfSignedTls(tlsDirectory(config), certificateNames(config), systemClock);
    return { kind: 'files', certificate: server, key: server };
  }
  const [certificate = '', key = '', ...more] = pathsIn(text);
  if (key !== '' && more.length === 0) return { kind: 'files', certificate, key };
  throw new DockpassError(
    'bad_usage',
    `--tls ${text}: use self-signed, off, or CERTIFICATE,KEY (two PEM files)`,
  );
}

function pathsIn(text: string): string[] {
  return text.split(',').map((path) => resolve(path.trim()));
}

function starterConfigOf({ tls, edge }: InitAnswers, config: Config, secret: string | null): string {
  return renderStarterConfig({
    publicDomains: config.publicDomains.map(formatDomain),
    privateDomains: config.up.privateDomains.map(formatDomain),
    listen: formatListen(config.listen),
    operationsListen: formatListen(config.operations.listen),
    eventsListen: formatListen(config.events.listen),
    // A secret from the environment is not written into the file.
    eventsSecret: config.events.secret === null ? secret : null,
    registryListen: formatListen(config.up.registryListen),
    htpasswd: config.htpasswd,
    writesDirectory: edge === 'traefik' ? 'traefik' : config.writes.directory,
    port: config.up.port,
    tls: tls.includes(',') ? pathsIn(tls).join(',') : tls,
  });
}

function registryConfigOf(
  config: Config,
  running: RunningRegistry | undefined,
  secret: string | null,
): string {
  const settings = {
    ...defaultRegistrySettings,
    rootCertBundle: rootCertBundleFile(config.keys.directory),
    listen: config.up.registryListen,
    storage: config.up.storage,
    ...(secret !== null && { events: { url: eventsUrl(config.events.listen), secret } }),
  };
  return running === undefined ? renderRegistryConfig(settings) : running.withDockpass(settings);
}

function nextSteps(
  { edge, registryConfig }: InitAnswers,
  folder: string,
  config: string,
  running?: RunningRegistry,
): string[] {
  const written = join(folder, 'registry-config.yml');
  const dockpass = `${callingName(process.env['PATH'] ?? '', undefined)} --config ${config}`;
  return [
    `${dockpass} user add NAME`,
    `${dockpass} serve`,
    registryConfig === undefined
      ? `registry serve ${written}    # or copy the auth.token section of this file to the configuration of your registry`
      : `replace ${registryConfig} with ${written}, then restart the registry`,
    ...(running?.hasTls === true
      ? ['after the restart, the registry uses plain HTTP, because the edge handles TLS']
      : []),
    ...(running?.prefix === undefined
      ? []
      : [
          `http.prefix (${running.prefix}) is removed, because the edge sends /v2/ to the registry. A proxy that adds this prefix to paths is no longer needed`,
        ]),
    edgeFileUse(edge),
    `or run the registry, the edge and the token server together: ${dockpass} up`,
  ];
}
