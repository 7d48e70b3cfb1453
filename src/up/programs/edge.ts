import { mkdir } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import type { ListenAddress } from '../../net/listen-address.ts';
import { policySettings } from '../../config/policy-settings.ts';
import type { Config } from '../../config/load.ts';
import { renderCaddy } from '../../edge/caddy/caddy.ts';
import { publicDoor, type Edge, type EdgeTls } from '../../edge/edge.ts';
import { renderNginx } from '../../edge/nginx/nginx.ts';
import { replaceFile } from '../../files/atomic-file.ts';
import { adminSocket } from '../process/admin-socket.ts';
import type { Programs } from '../process/find-programs.ts';
import { configuredDomains } from '../domain-names.ts';
import type { ChildCommand } from '../process/child-process.ts';

export function edgeOf(config: Config, tls: EdgeTls): Edge {
  return {
    port: config.up.port,
    ipv6: hasIpv6(),
    tls,
    registry: asReached(config.up.registryListen),
    dockpass: asReached(config.listen),
    names: configuredDomains(config),
    // `loopback` in trustedProxies is this edge, as dockpass sees it. Whatever stands beside it is further out.
    outerProxies: config.trustedProxies.texts.filter((text) => text !== 'loopback').flatMap(networksOf),
    publicDomainRules: publicDoor(policySettings(config).realms),
  };
}

export interface EdgePart extends ChildCommand {
  /** What its file says. */
  readonly text: string;
  readonly reload: EdgeReload;
}

/** How a running edge is told to read its file again. */
export type EdgeReload =
  | { readonly kind: 'signal'; readonly signal: 'SIGHUP' }
  /** Words for the edge's own program. */
  | { readonly kind: 'command'; readonly args: readonly string[] }
  | { readonly kind: 'none'; readonly because: string };

/** Writes the edge's configuration and says how it is run. Any name is served: a private realm needs no list. */
export async function prepareEdge(found: Programs['edge'], edge: Edge, directory: string): Promise<EdgePart> {
  await mkdir(directory, { recursive: true });
  const served = { ...edge, names: [] };
  // Nothing else of dockpass's environment is the edge's affair; its own files stay under `directory`.
  const env = {
    ...trustOf(process.env),
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    XDG_DATA_HOME: join(directory, 'caddy'),
    XDG_CONFIG_HOME: join(directory, 'caddy'),
  };
  if (found.kind === 'caddy') {
    const file = join(directory, 'Caddyfile');
    const admin = await adminSocket(directory);
    const text = renderCaddy(served, admin);
    await replaceFile(file, text, 0o644);
    // Said before the file that says what to log is read.
    const noise = /"msg":"using provided configuration"/;
    const read = ['--adapter', 'caddyfile', '--config', file];
    return {
      name: 'edge',
      command: resolve(found.path),
      cwd: directory,
      args: ['run', ...read],
      env,
      stopSignal: 'SIGTERM',
      noise,
      text,
      // --force: a certificate may be another one under the same name.
      reload:
        admin === undefined
          ? { kind: 'none', because: `${directory}/caddy takes no socket of ours` }
          : { kind: 'command', args: ['reload', '--force', ...read, '--address', admin] },
    };
  }
  const file = join(directory, 'nginx.conf');
  const text = renderNginx(served, directory);
  await replaceFile(file, text, 0o644);
  // SIGTERM would cut off what is under way.
  return {
    name: 'edge',
    command: resolve(found.path),
    cwd: directory,
    args: ['-e', 'stderr', '-p', directory, '-c', file],
    env,
    stopSignal: 'SIGQUIT',
    text,
    reload: { kind: 'signal', signal: 'SIGHUP' },
  };
}

/** By these the person says which authorities Caddy trusts: that of an ACME server, perhaps. The edge runs elsewhere. */
function trustOf({ SSL_CERT_FILE: file, SSL_CERT_DIR: folders }: NodeJS.ProcessEnv): Record<string, string> {
  const whole = (paths: string): string[] => paths.split(delimiter).map((path) => resolve(path));
  return {
    ...(file && { SSL_CERT_FILE: resolve(file) }),
    ...(folders && { SSL_CERT_DIR: whole(folders).join(delimiter) }),
  };
}

export function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ family }) => family === 'IPv6'),
  );
}

/** A server on all interfaces is reached on loopback. */
function asReached({ host, port }: ListenAddress): ListenAddress {
  return { host: host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host, port };
}

/** What `private` stands for in trustedProxies (RFC 1918, RFC 4193). */
function networksOf(text: string): readonly string[] {
  return text === 'private' ? ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'] : [text];
}
