import { mkdir } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { delimiter, join, relative, resolve } from 'node:path';
import { localAddressOf } from '../../net/listen-address.ts';
import { networksOf } from '../../net/trusted-proxies.ts';
import { policySettings } from '../../config/policy-settings.ts';
import type { Config } from '../../config/load.ts';
import { renderCaddy } from '../../edge/caddy/caddy.ts';
import { publicDomainRulesOf, type Edge, type EdgeTls } from '../../edge/edge.ts';
import { renderNginx } from '../../edge/nginx/nginx.ts';
import { replaceFile } from '../../files/atomic-file.ts';
import { adminSocket } from '../process/admin-socket.ts';
import type { Programs } from '../process/find-programs.ts';
import { configuredDomains } from '../domain-names.ts';
import type { ChildCommand } from '../process/child-process.ts';
import { writesFolder } from '../../writes/writes-folder.ts';
import { hasBodyTimeout } from './caddy-body-timeout.ts';
import type { SystemUser } from '../process/system-user.ts';

/** Returns the description of the edge that belongs to this configuration. */
export function edgeOf(config: Config, tls: EdgeTls): Edge {
  return {
    port: config.up.port,
    ipv6: hasIpv6(),
    tls,
    registry: localAddressOf(config.up.registryListen),
    dockpass: localAddressOf(config.listen),
    names: configuredDomains(config),
    // The edge trusts the same proxies as dockpass. `loopback` is one of them by default: it means this edge for dockpass,
    // and a TLS proxy on the same machine for the edge.
    outerProxies: config.trustedProxies.texts.flatMap(networksOf),
    publicDomainRules: publicDomainRulesOf(policySettings(config).realms),
    immutableTags: config.immutableTags.length > 0,
    writes: writesFolder(config),
  };
}

/**
 * The command that starts an edge, the configuration of this edge, and the way to make the edge load a changed
 * configuration.
 */
export interface EdgeProgram extends ChildCommand {
  /** The text of the edge's configuration file. */
  readonly text: string;
  readonly reload: EdgeReload;
}

/** How to tell a running edge to read its configuration file again. */
export type EdgeReload =
  | { readonly kind: 'signal'; readonly signal: 'SIGHUP' }
  /** The edge reads its configuration file again if its program is run a second time, with these arguments. */
  | { readonly kind: 'command'; readonly args: readonly string[] }
  /** The edge cannot reload its configuration. `reason` is the text for the error message. */
  | { readonly kind: 'none'; readonly reason: string };

/**
 * Writes the edge's configuration file below `directory`. The edge serves all host names, not only the configured ones.
 * dockpass treats every host that is not configured as a private domain, where clients must log in.
 * @param user the user as whom the edge runs, if it is not that of dockpass; only for Caddy
 * @returns how to run the edge with this file
 */
export async function prepareEdge(
  program: Programs['edge'],
  edge: Edge,
  directory: string,
  user?: SystemUser,
): Promise<EdgeProgram> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const writes = relative(directory, edge.writes);
  const served = {
    ...edge,
    names: [],
    // The processes of nginx may not enter the folders above their working directory, if root has started nginx.
    writes: writes.startsWith('..') ? resolve(edge.writes) : writes,
  };
  return program.kind === 'caddy'
    ? prepareCaddy(program.path, served, directory, user)
    : prepareNginx(program.path, served, directory);
}

async function prepareCaddy(
  path: string,
  edge: Edge,
  directory: string,
  user: SystemUser | undefined,
): Promise<EdgeProgram> {
  const file = join(directory, 'Caddyfile');
  const admin = await adminSocket(directory, user !== undefined);
  const configuration = ['--adapter', 'caddyfile', '--config', file];
  const text = renderCaddy(edge, admin, await hasBodyTimeout(path, directory));
  await replaceFile(file, text, 0o644);
  return {
    name: 'edge',
    command: resolve(path),
    cwd: directory,
    args: ['run', ...configuration],
    env: edgeEnvironment(directory),
    ...(user !== undefined && { user }),
    stopSignal: 'SIGTERM',
    // Caddy logs this line before it reads the log level in its configuration file, so the log level cannot suppress
    // the line.
    noise: /"msg":"using provided configuration"/,
    text,
    // Use --force, because without it Caddy ignores a reload if its configuration file is unchanged. However, the
    // certificate files to which the configuration refers may have changed.
    reload:
      admin === undefined
        ? { kind: 'none', reason: `cannot create the administration socket of Caddy in ${directory}/caddy` }
        : { kind: 'command', args: ['reload', '--force', ...configuration, '--address', admin] },
  };
}

async function prepareNginx(path: string, edge: Edge, directory: string): Promise<EdgeProgram> {
  const file = join(directory, 'nginx.conf');
  const text = renderNginx(edge, directory);
  await replaceFile(file, text, 0o644);
  return {
    name: 'edge',
    command: resolve(path),
    cwd: directory,
    args: ['-e', 'stderr', '-p', directory, '-c', file],
    env: edgeEnvironment(directory),
    // Use SIGQUIT, because nginx cuts off open requests if it receives SIGTERM.
    stopSignal: 'SIGQUIT',
    text,
    reload: { kind: 'signal', signal: 'SIGHUP' },
  };
}

/**
 * Returns all environment variables that the edge receives. HOME and the XDG variables make the edge create its own
 * files below `directory`.
 */
function edgeEnvironment(directory: string): Record<string, string> {
  return {
    ...trustVariables(process.env),
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    XDG_DATA_HOME: join(directory, 'caddy'),
    XDG_CONFIG_HOME: join(directory, 'caddy'),
  };
}

/**
 * Returns the environment variables SSL_CERT_FILE and SSL_CERT_DIR, if they are set. With these variables, an
 * administrator can make Caddy trust an additional CA, such as the CA of an internal ACME server. Relative paths are
 * made absolute, because the working directory of the edge differs from that of dockpass.
 */
function trustVariables({
  SSL_CERT_FILE: file,
  SSL_CERT_DIR: directories,
}: NodeJS.ProcessEnv): Record<string, string> {
  const absolute = (paths: string): string[] => paths.split(delimiter).map((path) => resolve(path));
  return {
    ...(file && { SSL_CERT_FILE: resolve(file) }),
    ...(directories && { SSL_CERT_DIR: absolute(directories).join(delimiter) }),
  };
}

/** Returns true if this machine has an IPv6 address. */
export function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ family }) => family === 'IPv6'),
  );
}
