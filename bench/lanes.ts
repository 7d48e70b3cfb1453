import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import type { ListenAddress } from '../src/net/listen-address.ts';
import type { Edge } from '../src/edge/edge.ts';
import { prepareEdge, type EdgeProgram } from '../src/up/programs/edge.ts';
import { startChild, startNode, type Child } from './child.ts';
import { freePort } from './home.ts';
import { startTraefikEdge } from './traefik-edge.ts';
import { childNamed, costOf, costOfFamily, nothing, type Cost } from './process-cost.ts';

export type EdgeKind = 'caddy' | 'nginx' | 'traefik';

/** A registry behind an edge, and the settings of a client that uses it. */
export interface Lane {
  /** `localhost:PORT`. */
  readonly host: string;
  /** Environment variables for crane. They include its login if one is needed. */
  readonly env: Readonly<Record<string, string>>;
  /** The cost of the process of dockpass, or zero if there is none. */
  costOfNode(): Cost;
  costOfEdge(): Cost;
}

export interface LanesOrder {
  readonly bin: string;
  readonly edge: { readonly kind: EdgeKind; readonly path: string };
  /**
   * The path of the edge that `up` runs. It differs from `edge.path` only if `up` does not support the measured edge.
   */
  readonly upEdge: string;
  readonly registry: string;
  readonly crane: string;
  /**
   * The folder for configurations and for the temporary files of the edge. It must be on a disk, because the kernel
   * does not count writes to a tmpfs.
   */
  readonly directory: string;
  /** Where the registries keep their images. */
  readonly images: string;
}

/**
 * Opens two lanes: `dockpass up` with the login of a user, and the same edge, certificate and registry without an auth
 * section, where anyone may push.
 */
export async function openLanes(order: LanesOrder): Promise<{ tokens: Lane; bare: Lane }> {
  const { directory, edge } = order;
  const [port, registry, dockpass, operations] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const settings = {
    listen: `127.0.0.1:${dockpass}`,
    operations: { listen: `127.0.0.1:${operations}` },
    up: { port, registryListen: `127.0.0.1:${registry}`, storage: join(order.images, 'tokens') },
  };
  await writeFile(join(directory, 'dockpass.yml'), stringify(settings));
  const env = { NODE_ENV: 'production' };
  const cli = async (...args: string[]): Promise<string> => {
    const options = { cwd: directory, env: { ...process.env, ...env } };
    return (await promisify(execFile)(process.execPath, [order.bin, ...args], options)).stdout.trim();
  };
  await cli('user', 'add', 'fleet', '--generate');
  const token = await cli('token', 'create', 'bench', '--user', 'fleet');
  const args = ['up', '--registry', order.registry, '--edge', order.upEdge];
  const up = startNode([order.bin, ...args], { cwd: directory, env });
  await up.line(/^dockpass is up/m);

  const upstreams = {
    dockpass: { host: '127.0.0.1', port: dockpass },
    registry: { host: '127.0.0.1', port: registry },
  };
  // `up` cannot run Traefik. It runs in addition to the edge of `up`, with the same registry and token server.
  const traefik = edge.kind === 'traefik' ? await openEdge(order, upstreams, 'tokens') : undefined;
  const host = traefik?.host ?? `localhost:${port}`;
  const trust = { SSL_CERT_FILE: join(directory, 'data/up/tls/ca.crt'), PATH: process.env['PATH'] ?? '' };
  const login = await clientHome(directory, 'logged-in', { [host]: `fleet:${token}` });
  const bare = await openBare(order, upstreams.dockpass);
  return {
    tokens: {
      host,
      env: { ...trust, ...login },
      costOfNode: () => costOf(up.pid),
      costOfEdge: traefik?.costOfEdge ?? (() => costOfFamily(childNamed(up.pid, edge.kind))),
    },
    bare: { ...bare, env: { ...trust, ...(await clientHome(directory, 'anyone')) } },
  };
}

/** Creates a folder with the settings of crane, with these logins (`name:token` by host). */
async function clientHome(
  directory: string,
  name: string,
  logins: Readonly<Record<string, string>> = {},
): Promise<{ DOCKER_CONFIG: string }> {
  const home = join(directory, name);
  await mkdir(home);
  const auths = Object.fromEntries(
    Object.entries(logins).map(([host, login]) => [host, { auth: Buffer.from(login).toString('base64') }]),
  );
  await writeFile(join(home, 'config.json'), JSON.stringify({ auths }));
  return { DOCKER_CONFIG: home };
}

/** Starts the same edge and registry again, from the files that `up` wrote, but without authorization. */
async function openBare(order: LanesOrder, dockpass: ListenAddress): Promise<Omit<Lane, 'env'>> {
  const registryPort = await freePort();
  const files = join(order.directory, 'data/up');
  const config = parse(await readFile(join(files, 'registry-config.yml'), 'utf8')) as Record<string, unknown>;
  const open = {
    ...config,
    auth: undefined,
    storage: {
      ...(config['storage'] as object),
      filesystem: { rootdirectory: join(order.images, 'bare') },
    },
    http: { ...(config['http'] as object), addr: `127.0.0.1:${registryPort}` },
  };
  const directory = join(order.directory, 'bare');
  await mkdir(directory);
  const file = join(directory, 'registry-config.yml');
  await writeFile(file, stringify(open));
  startChild(order.registry, ['serve', file], {
    env: { OTEL_TRACES_EXPORTER: 'none', REGISTRY_HTTP_SECRET: 'bench' },
    ownSession: true,
  });
  const bareEdge = await openEdge(
    order,
    { dockpass, registry: { host: '127.0.0.1', port: registryPort } },
    'bare',
  );
  return { ...bareEdge, costOfNode: () => nothing };
}

/** Starts an edge with the configuration that dockpass renders, and the certificate of `up`. */
async function openEdge(
  order: LanesOrder,
  upstreams: Pick<Edge, 'dockpass' | 'registry'>,
  name: string,
): Promise<Pick<Lane, 'host' | 'costOfEdge'>> {
  const { kind, path } = order.edge;
  const port = await freePort();
  const directory = join(order.directory, `edge-${name}`);
  await mkdir(directory);
  const certificate = join(order.directory, 'data/up/tls/server.pem');
  const edge: Edge = {
    ...{
      ...upstreams,
      port,
      ipv6: false,
      names: [],
      outerProxies: [],
      publicDomainRules: undefined,
      immutableTags: false,
    },
    writes: 'writes',
    tls: { kind: 'files', certificate, key: certificate },
  };
  const started =
    kind === 'traefik'
      ? await startTraefikEdge(path, edge, directory)
      : startProgram(await prepareEdge({ kind, path }, edge, directory));
  return { host: `localhost:${port}`, costOfEdge: () => costOfFamily(started.pid) };
}

function startProgram({ command, args, env, cwd }: EdgeProgram): Child {
  return startChild(command, args, { env, ownSession: true, ...(cwd !== undefined && { cwd }) });
}
