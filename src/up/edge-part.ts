import { mkdir } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Listen } from '../config/listen.ts';
import type { Config } from '../config/load.ts';
import { renderCaddy } from '../edge/caddy.ts';
import type { Edge, EdgeTls } from '../edge/edge.ts';
import { renderNginx } from '../edge/nginx.ts';
import { replaceFile } from '../keys/key-files.ts';
import type { Parts } from './find-parts.ts';
import { configuredNames } from './names.ts';
import type { PartCommand } from './supervise.ts';

export function edgeOf(config: Config, tls: EdgeTls): Edge {
  return {
    port: config.up.port,
    ipv6: hasIpv6(),
    tls,
    registry: asReached(config.up.registryListen),
    dockpass: asReached(config.listen),
    names: configuredNames(config),
    // `loopback` in trustedProxies is this edge, as dockpass sees it. Whatever stands beside it is further out.
    outerProxies: config.trustedProxies.texts.filter((text) => text !== 'loopback').flatMap(networksOf),
  };
}

/** Writes the edge's configuration and says how it is run. Any name is served: a private realm needs no list. */
export async function edgePart(found: Parts['edge'], edge: Edge, directory: string): Promise<PartCommand> {
  await mkdir(directory, { recursive: true });
  const served = { ...edge, names: [] };
  // Nothing of dockpass's environment is the edge's affair; its own files stay under `directory`.
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    XDG_DATA_HOME: join(directory, 'caddy'),
    XDG_CONFIG_HOME: join(directory, 'caddy'),
  };
  if (found.kind === 'caddy') {
    const file = join(directory, 'Caddyfile');
    await replaceFile(file, renderCaddy(served), 0o644);
    // Said before the file that says what to log is read.
    const noise = /"msg":"using provided configuration"/;
    return {
      name: 'edge',
      command: found.path,
      args: ['run', '--adapter', 'caddyfile', '--config', file],
      env,
      stopSignal: 'SIGTERM',
      noise,
    };
  }
  const file = join(directory, 'nginx.conf');
  await replaceFile(file, renderNginx(served, directory), 0o644);
  // SIGTERM would cut off what is under way.
  return {
    name: 'edge',
    command: found.path,
    args: ['-e', 'stderr', '-p', directory, '-c', file],
    env,
    stopSignal: 'SIGQUIT',
  };
}

export function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ family }) => family === 'IPv6'),
  );
}

/** A server on all interfaces is reached on loopback. */
function asReached({ host, port }: Listen): Listen {
  return { host: host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host, port };
}

/** What `private` stands for in trustedProxies (RFC 1918, RFC 4193). */
function networksOf(text: string): readonly string[] {
  return text === 'private' ? ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'] : [text];
}
