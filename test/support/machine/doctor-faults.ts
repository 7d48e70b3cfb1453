import { chmod, copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../../../src/doctor/finding.ts';
import { renderCaddy } from '../../../src/edge/caddy/caddy.ts';
import type { Edge } from '../../../src/edge/edge.ts';
import { renderNginxSite } from '../../../src/edge/nginx/nginx.ts';
import { renderTraefik } from '../../../src/edge/traefik/traefik.ts';
import { afterwards } from '../run/afterwards.ts';
import { startCaddy } from '../edge/caddy.ts';
import { trustInDocker } from '../client/docker-trust.ts';
import { startServe, type DockpassHome, type DockpassServer } from '../dockpass/dockpass.ts';
import { repository } from '../run/environment.ts';
import { hosts } from '../run/hosts.ts';
import { startNginx } from '../edge/nginx.ts';
import { freePort } from '../run/ports.ts';
import { startRegistry, type Registry, type RegistryVersion } from '../registry/registry.ts';
import { run, type Ran } from '../process/run.ts';
import { startTraefik } from '../edge/traefik.ts';
import { testAuthority, type ServerCertificate, type TestAuthority } from '../tls/tls.ts';

const bin = join(repository, 'bin', 'dockpass.js');

/** The settings of all homes here; what differs is in the environment. */
const settings = { publicDomains: [hosts.public], up: { privateDomains: [hosts.private] } };

/** A registry's auth.token section. */
export type TokenSection = Readonly<Record<string, unknown>>;

export interface HealthySetup {
  readonly dockpass: DockpassServer;
  readonly registry: Registry;
  readonly authority: TestAuthority;
  readonly certificate: ServerCertificate;
  /** Where the healthy edge listens, nginx. */
  readonly port: number;
  /** Another port whose certificate docker on this machine would accept. */
  readonly otherPort: number;
  /** The bundle that this setup's dockpass wants registries to trust. */
  readonly bundle: string;
  /** A registry with this much changed in its auth.token section; with null, without any. */
  startRegistry(change?: RegistryChange): Promise<Registry>;
  /** nginx or Caddy on otherPort, its configuration changed. */
  startEdge(change?: EdgeChange): Promise<number>;
  /** `dockpass doctor --json`; the healthy registry and edge, unless said. */
  doctor(call?: DoctorCall): Promise<DoctorResult>;
}

export interface RegistryChange {
  readonly version?: RegistryVersion;
  readonly token?: TokenSection | null;
  readonly deletes?: boolean;
  readonly auth?: Readonly<Record<string, unknown>>;
  readonly storage?: string;
  /** It listens on all addresses of this machine. */
  readonly everywhere?: boolean;
  /** False: it writes absolute addresses into Location. */
  readonly relativeUrls?: boolean;
  /** More sections under `storage`. */
  readonly storageSections?: Readonly<Record<string, unknown>>;
  /** More sections of the configuration. */
  readonly sections?: Readonly<Record<string, unknown>>;
}

export interface EdgeChange {
  readonly kind?: 'nginx' | 'caddy' | 'traefik';
  readonly registry?: number;
  readonly dockpass?: number;
  readonly certificate?: ServerCertificate;
  readonly change?: (text: string) => string;
}

export interface DoctorCall {
  readonly registry?: string;
  readonly registryConfig?: string;
  readonly port?: number;
  readonly home?: DockpassHome;
  readonly args?: readonly string[];
  /** Looks for the registry's process on this machine. */
  readonly findsProcesses?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

export interface DoctorResult {
  readonly findings: readonly Finding[];
  readonly codes: readonly string[];
  readonly status: number;
  readonly ran: Ran;
}

/** A healthy dockpass, registry and edge, from which each fault differs in one thing. */
export async function startHealthySetup(healthy: RegistryChange = {}): Promise<HealthySetup> {
  const [port, otherPort] = [await freePort(), await freePort()];
  const dockpass = await startServe({ config: settings });
  const authority = await testAuthority();
  const certificate = await authority.issue([hosts.public, hosts.private]);
  for (const name of [hosts.public, hosts.private])
    for (const each of [port, otherPort]) await trustInDocker(`${name}:${each}`, authority.certificateFile);
  const bundle = join(dockpass.directory, 'keys', 'rootcertbundle.pem');

  const registryWith = async (change: RegistryChange = {}): Promise<Registry> => {
    const at = await freePort();
    return startRegistry(change.version ?? '3.1', {
      config: registryConfig(bundle, change),
      port: at,
      ...(change.everywhere === true && { env: { REGISTRY_HTTP_ADDR: `0.0.0.0:${at}` } }),
      ...(change.storage !== undefined && { storage: change.storage }),
    });
  };
  const registry = await registryWith(healthy);

  const edgeOn = async (at: number, change: EdgeChange): Promise<number> => {
    const pair = change.certificate ?? certificate;
    const edge: Edge = {
      port: at,
      ipv6: false,
      tls: { kind: 'files', certificate: pair.certificateFile, key: pair.keyFile },
      registry: { host: '127.0.0.1', port: change.registry ?? registry.port },
      dockpass: { host: '127.0.0.1', port: change.dockpass ?? dockpass.port },
      names: [],
      outerProxies: [],
      publicDomainRules: undefined,
    };
    const kind = change.kind ?? 'nginx';
    const healthy = { nginx: renderNginxSite, caddy: renderCaddy, traefik: renderTraefik }[kind](edge);
    const text = change.change?.(healthy) ?? healthy;
    if (change.change !== undefined && text === healthy) throw new Error('this change changes nothing');
    if (kind === 'caddy') await startCaddy({ caddyfile: text, port: at });
    else if (kind === 'nginx') await startNginx({ http: text, port: at });
    else await startTraefik(edge, text);
    return at;
  };
  await edgeOn(port, {});

  const doctor = async (call: DoctorCall = {}): Promise<DoctorResult> => {
    const args = [
      'doctor',
      '--json',
      ...['--registry', call.registry ?? registry.url],
      ...(call.registryConfig === undefined ? [] : ['--registry-config', call.registryConfig]),
      ...(call.args ?? []),
    ];
    const home = call.home ?? dockpass;
    // With mounts of its own, doctor takes the registry for one in a container, and does not look for its file itself.
    const apart = call.findsProcesses === true ? [] : ['unshare', '--mount'];
    const [command = '', ...words] = [...apart, process.execPath, bin, ...args];
    const ran = await run(command, words, {
      cwd: home.directory,
      env: { ...home.env, DOCKPASS_UP_PORT: String(call.port ?? port), ...call.env },
    });
    if (!ran.stdout.startsWith('[')) throw new Error(`doctor said nothing\n${ran.output}`);
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
    startEdge: (change = {}) => edgeOn(otherPort, change),
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

/** Another dockpass with keys of its own. */
export function startOtherDockpass(env: Readonly<Record<string, string>> = {}): Promise<DockpassServer> {
  return startServe({ config: settings, env });
}

export function bundlePathOf({ directory }: DockpassHome): string {
  return join(directory, 'keys', 'rootcertbundle.pem');
}

/** The certificate of the leaf that signs, in a file of its own. */
export async function writeLeafOf({ directory }: DockpassHome, into: string): Promise<string> {
  const text = await readFile(join(directory, 'keys', 'leaves-1.pem'), 'utf8');
  const path = join(into, 'leaf.pem');
  await writeFile(
    path,
    /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n/.exec(text)?.[0] ?? '',
  );
  return path;
}

/** Lets others read a file until the test is over. */
export async function makeReadableByAll(path: string): Promise<void> {
  await chmod(path, 0o644);
  afterwards(() => chmod(path, 0o600));
}

export async function copyTo(path: string, into: string): Promise<string> {
  const copy = join(into, 'copy');
  await copyFile(path, copy);
  return copy;
}
