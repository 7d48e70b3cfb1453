import { chmod, copyFile, rm, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../../../src/doctor/finding.ts';
import { renderCaddy } from '../../../src/edge/caddy/caddy.ts';
import type { Edge } from '../../../src/edge/edge.ts';
import { renderNginxSite } from '../../../src/edge/nginx/nginx.ts';
import { renderTraefik } from '../../../src/edge/traefik/traefik.ts';
import { openKeyRing } from '../../../src/keys/open-key-ring.ts';
import { afterwards } from '../run/afterwards.ts';
import { startCaddy } from '../edge/caddy.ts';
import { trustInDocker } from '../client/docker-trust.ts';
import { startServe, type DockpassHome, type DockpassServer } from '../dockpass/dockpass.ts';
import { configIn } from '../dockpass/settings.ts';
import { repository } from '../run/environment.ts';
import { hosts } from '../run/hosts.ts';
import { readEarlierFile } from '../edge/earlier-files.ts';
import { startNginx } from '../edge/nginx.ts';
import { freePort } from '../run/ports.ts';
import { temporaryDirectory } from '../run/temp.ts';
import { startRegistry, type Registry, type RegistryVersion } from '../registry/registry.ts';
import { run, type Ran } from '../process/run.ts';
import { startTraefik } from '../edge/traefik.ts';
import { testAuthority, type ServerCertificate, type TestAuthority } from '../tls/tls.ts';

const bin = join(repository, 'bin', 'dockpass.js');

/** The settings in dockpass.yml of every dockpass in this file. Settings that differ are environment variables. */
const settings = { publicDomains: [hosts.public], up: { privateDomains: [hosts.private] } };

/** The auth.token section in the configuration of a registry. */
export type TokenSection = Readonly<Record<string, unknown>>;

export interface HealthySetup {
  readonly dockpass: DockpassServer;
  readonly registry: Registry;
  readonly authority: TestAuthority;
  readonly certificate: ServerCertificate;
  /** The port of the healthy edge, which is nginx. */
  readonly port: number;
  /** A second port. docker on this machine trusts the test's CA there too. */
  readonly otherPort: number;
  /** The path of the trust bundle that registries must use to trust the tokens of this setup's dockpass. */
  readonly bundle: string;
  /** Starts another registry that differs from a healthy registry by this change. */
  startRegistry(change?: RegistryChange): Promise<Registry>;
  /** Starts an edge on `otherPort` with this change in its configuration, and returns the port. */
  startEdge(change?: EdgeChange): Promise<number>;
  /** Runs `dockpass doctor --json`, by default for the healthy registry and edge. */
  doctor(call?: DoctorCall): Promise<DoctorResult>;
}

export interface RegistryChange {
  readonly version?: RegistryVersion;
  /** Changes to the auth.token section. With null, the registry has no such section. */
  readonly token?: TokenSection | null;
  readonly deletes?: boolean;
  readonly auth?: Readonly<Record<string, unknown>>;
  readonly storage?: string;
  /** If true, the registry listens on all addresses of this machine. */
  readonly everywhere?: boolean;
  /** If false, the registry sends absolute URLs in the Location header. Default: true. */
  readonly relativeUrls?: boolean;
  /** Additional sections below `storage` in the configuration. */
  readonly storageSections?: Readonly<Record<string, unknown>>;
  /** Additional top-level sections of the configuration. */
  readonly sections?: Readonly<Record<string, unknown>>;
}

export interface EdgeChange {
  readonly kind?: 'nginx' | 'caddy' | 'traefik';
  readonly registry?: number;
  readonly dockpass?: number;
  readonly certificate?: ServerCertificate;
  /** If true, the edge has the file that the version before the console wrote. */
  readonly isEarlier?: boolean;
  readonly change?: (text: string) => string;
}

export interface DoctorCall {
  readonly registry?: string;
  readonly registryConfig?: string;
  readonly port?: number;
  readonly home?: DockpassHome;
  readonly args?: readonly string[];
  /** If true, doctor can find the process of the registry on this machine. */
  readonly findsProcesses?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

export interface DoctorResult {
  readonly findings: readonly Finding[];
  readonly codes: readonly string[];
  readonly status: number;
  readonly ran: Ran;
}

/** Starts a healthy dockpass, registry and edge. The test of a fault changes one thing in this setup. */
export async function startHealthySetup(healthy: RegistryChange = {}): Promise<HealthySetup> {
  const [port, otherPort] = [await freePort(), await freePort()];
  const dockpass = await hideServer(await startServe({ config: settings }));
  const authority = await testAuthority();
  const certificate = await authority.issue([hosts.public, hosts.private]);
  for (const name of [hosts.public, hosts.private])
    for (const each of [port, otherPort]) await trustInDocker(`${name}:${each}`, authority.certificateFile);
  const bundle = join(dockpass.directory, 'keys', 'rootcertbundle.pem');

  const registryWith = async (change: RegistryChange = {}): Promise<Registry> => {
    const registryPort = await freePort();
    return startRegistry(change.version ?? '3.1', {
      config: registryConfig(bundle, change),
      port: registryPort,
      ...(change.everywhere === true && { env: { REGISTRY_HTTP_ADDR: `0.0.0.0:${registryPort}` } }),
      ...(change.storage !== undefined && { storage: change.storage }),
    });
  };
  const registry = await registryWith(healthy);

  const startEdgeOn = async (edgePort: number, change: EdgeChange): Promise<number> => {
    const { certificateFile, keyFile } = change.certificate ?? certificate;
    const edge: Edge = {
      port: edgePort,
      ipv6: false,
      tls: { kind: 'files', certificate: certificateFile, key: keyFile },
      registry: { host: '127.0.0.1', port: change.registry ?? registry.port },
      dockpass: { host: '127.0.0.1', port: change.dockpass ?? dockpass.port },
      names: [],
      outerProxies: [],
      publicDomainRules: undefined,
      immutableTags: false,
      writes: 'writes',
    };
    const kind = change.kind ?? 'nginx';
    const rendered =
      change.isEarlier === true
        ? await readEarlierFile(kind, edge)
        : { nginx: renderNginxSite, caddy: renderCaddy, traefik: renderTraefik }[kind](edge);
    const text = change.change?.(rendered) ?? rendered;
    if (change.change !== undefined && text === rendered)
      throw new Error('the change of this test has no effect on the configuration of the edge');
    if (kind === 'caddy') await startCaddy({ caddyfile: text, port: edgePort });
    else if (kind === 'nginx') await startNginx({ http: text, port: edgePort });
    else await startTraefik(edge, text);
    return edgePort;
  };
  await startEdgeOn(port, {});

  const doctor = async (call: DoctorCall = {}): Promise<DoctorResult> => {
    const args = [
      'doctor',
      '--json',
      ...['--registry', call.registry ?? registry.url],
      ...(call.registryConfig === undefined ? [] : ['--registry-config', call.registryConfig]),
      ...(call.args ?? []),
    ];
    const home = call.home ?? dockpass;
    // doctor skips registry processes in another mount namespace, because they may run in a container. So unshare keeps
    // doctor from finding the process of the registry and its configuration file.
    const isolation = call.findsProcesses === true ? [] : ['unshare', '--mount'];
    const [command = '', ...rest] = [...isolation, process.execPath, bin, ...args];
    const ran = await run(command, rest, {
      cwd: home.directory,
      env: { ...home.env, DOCKPASS_UP_PORT: String(call.port ?? port), ...call.env },
    });
    if (!ran.stdout.startsWith('[')) throw new Error(`doctor printed no JSON array\n${ran.output}`);
    const findings = JSON.parse(ran.stdout) as Finding[];
    return { findings, codes: findings.map(({ code }) => code), status: ran.status, ran };
  };
  return {
    dockpass,
    registry,
    authority,
    certificate,
    port,
    otherPort,
    bundle,
    startRegistry: registryWith,
    startEdge: (change = {}) => startEdgeOn(otherPort, change),
    doctor,
  };
}

function registryConfig(bundle: string, change: RegistryChange): Record<string, unknown> {
  const token = {
    service: 'registry',
    issuer: 'dockpass',
    rootcertbundle: bundle,
    autoredirect: true,
    realm: `https://${hosts.private}/auth/token`,
    ...change.token,
  };
  const present = Object.fromEntries(Object.entries(token).filter(([, value]) => value !== undefined));
  return {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: '' },
      delete: { enabled: change.deletes ?? false },
      ...change.storageSections,
    },
    http: { addr: '', relativeurls: change.relativeUrls ?? true },
    ...change.sections,
    ...(change.token === null && change.auth === undefined
      ? {}
      : { auth: { ...(change.token === null ? {} : { token: present }), ...change.auth } }),
  };
}

/** Starts another dockpass, which has its own keys. */
export async function startOtherDockpass(
  env: Readonly<Record<string, string>> = {},
): Promise<DockpassServer> {
  return hideServer(await startServe({ config: settings, env }));
}

/**
 * Removes the socket at which doctor finds the running server, so that doctor uses its own settings. The tests give them
 * to doctor in the environment.
 */
async function hideServer(server: DockpassServer): Promise<DockpassServer> {
  await rm(join(server.directory, 'data', 'dockpass.db-server'));
  return server;
}

/** Starts dockpass with keys that were created this many days ago. `env` sets its clock to that time. */
export async function startWithOldKeys(
  days: number,
  env: Readonly<Record<string, string>>,
): Promise<DockpassServer> {
  const directory = await temporaryDirectory('old-keys');
  const { keys } = await configIn(directory, settings);
  await openKeyRing(keys, () => Date.now() - days * 24 * 60 * 60 * 1000);
  return hideServer(await startServe({ config: settings, env, directory }));
}

export function bundlePathOf({ directory }: DockpassHome): string {
  return join(directory, 'keys', 'rootcertbundle.pem');
}

/**
 * Writes the certificate of the current signing key to leaf.pem in the directory `into`.
 * @returns the path of the file
 */
export async function writeLeafOf({ directory }: DockpassHome, into: string): Promise<string> {
  const text = await readFile(join(directory, 'keys', 'leaves-1.pem'), 'utf8');
  const path = join(into, 'leaf.pem');
  await writeFile(
    path,
    /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n/.exec(text)?.[0] ?? '',
  );
  return path;
}

/** Makes a file readable for all users until the test is over. */
export async function makeReadableByAll(path: string): Promise<void> {
  await chmod(path, 0o644);
  afterwards(() => chmod(path, 0o600));
}

/** Lets all users write to a folder until the test is over. */
export async function makeWritableByAll(path: string): Promise<void> {
  await chmod(path, 0o777);
  afterwards(() => chmod(path, 0o755));
}

export async function copyTo(path: string, into: string): Promise<string> {
  const copy = join(into, 'copy');
  await copyFile(path, copy);
  return copy;
}
