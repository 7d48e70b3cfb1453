import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { composeServices, imageEnvironment, type ComposeService } from './compose-file.ts';
import { startServe, type DockpassServer } from '../dockpass/dockpass.ts';
import { startNameServer } from '../network/name-server.ts';
import { part } from '../run/parts.ts';
import { askPostgres, startPostgres, type PostgresCluster } from '../database/postgres.ts';
import { start, type Running } from '../process/process.ts';
import { untilHttp } from '../process/ready.ts';
import { mustRun } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';

export interface Topology {
  readonly replicas: readonly DockpassServer[];
  readonly edge: Running;
  /** The directory to which the token servers write the trust bundle for the registry. */
  readonly keysDirectory: string;
  /** Runs a SQL statement as a superuser and returns its rows. */
  askDatabase(statement: string): Promise<Record<string, unknown>[]>;
}

/**
 * The loopback addresses of the services. Each service has its own address, as in compose, and listens on the same port
 * as in its container.
 */
const addresses = { registry: '127.0.1.1', dockpass: (at: number) => `127.0.1.${10 + at}` } as const;

/**
 * Starts the services of deploy/compose as processes without containers. They have the same environment variables and
 * secrets as in compose, and the edge uses the same nginx.conf. Paths in a container are replaced with folders of the
 * test. A name server at the address of Docker's name server resolves the names of the services.
 * @param directory a directory with secrets/ and tls/, as created by the steps in docs/compose.md
 * @param values the values of the variables in compose.yaml
 */
export async function startTopology(directory: string, values: Record<string, string>): Promise<Topology> {
  const services = await composeServices(values);
  const volume = await temporaryDirectory('volumes');
  const service = (name: string): ComposeService => {
    const found = services[name];
    if (found === undefined) throw new Error(`compose.yaml has no service ${name}`);
    return found;
  };
  const here = (text: string): string =>
    text
      .replaceAll('/run/secrets', join(directory, 'secrets'))
      .replaceAll('/var/lib/dockpass', join(volume, 'dockpass'))
      .replaceAll('/var/lib/registry', join(volume, 'registry'));
  const environmentOf = (name: string): Record<string, string> =>
    Object.fromEntries(Object.entries(service(name).environment).map(([key, value]) => [key, here(value)]));

  const cluster = await startDatabase(service('postgres'), directory);
  const image = await imageEnvironment();
  const replicas: DockpassServer[] = [];
  for (let at = 0; at < service('dockpass').replicas; at++) {
    const env = Object.fromEntries(Object.entries(image).map(([key, value]) => [key, here(value)]));
    const own = {
      // Replaces the database's host name and port in compose with its address on this machine.
      DOCKPASS_DATABASE: (service('dockpass').environment['DOCKPASS_DATABASE'] ?? '').replace(
        'postgres:5432',
        `127.0.0.1:${cluster.port}`,
      ),
      DOCKPASS_REGISTRIES: `http://${addresses.registry}:5000`,
      DOCKPASS_LISTEN: `${addresses.dockpass(at)}:5002`,
      DOCKPASS_OPERATIONS_LISTEN: `${addresses.dockpass(at)}:5003`,
      DOCKPASS_EVENTS_LISTEN: `${addresses.dockpass(at)}:5004`,
    };
    replicas.push(await startServe({ env: { ...env, ...environmentOf('dockpass'), ...own } }));
  }
  await startRegistryAlone(environmentOf('registry'), join(volume, 'registry'));
  await startNameServer({
    dockpass: replicas.map((_, at) => addresses.dockpass(at)),
    registry: [addresses.registry],
  });
  return {
    replicas,
    edge: await startEdge(service('edge'), directory),
    keysDirectory: join(volume, 'dockpass', 'keys'),
    askDatabase: (statement) => askPostgres(cluster, statement),
  };
}

/** Starts PostgreSQL and runs create-role.sql, as the image of PostgreSQL does at its first start. */
async function startDatabase(
  { environment, volumes }: ComposeService,
  directory: string,
): Promise<PostgresCluster> {
  const cluster = await startPostgres();
  // This waits until PostgreSQL accepts connections, which the script does not.
  await askPostgres(cluster, 'select 1');
  const { POSTGRES_USER: superuser = '' } = environment;
  if (!volumes.includes('./create-role.sql:/docker-entrypoint-initdb.d/create-role.sql:ro'))
    throw new Error('the service `postgres` in compose.yaml does not run create-role.sql');
  const text = await readFile(join(directory, 'create-role.sql'), 'utf8');
  const script = text.replaceAll('/run/secrets', join(directory, 'secrets'));
  const url = `postgres://${superuser}@127.0.0.1:${cluster.port}/postgres`;
  await mustRun(join(part('postgres'), '..', 'psql'), ['--set=ON_ERROR_STOP=1', '--no-psqlrc', url], {
    input: script,
  });
  return cluster;
}

async function startRegistryAlone(env: Record<string, string>, storage: string): Promise<void> {
  await mkdir(storage);
  // Stands for the configuration that the official image has in /etc/distribution/config.yml.
  const config = join(await temporaryDirectory('registry'), 'config.yml');
  await writeFile(config, `version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: ${storage}\n`);
  const address = `${addresses.registry}:5000`;
  const registry = await start(part('registry-3.1'), ['serve', config], {
    env: { REGISTRY_HTTP_ADDR: address, ...env },
    name: 'registry',
  });
  await untilHttp(`http://${address}/v2/`, { part: registry, status: 401 });
}

async function startEdge({ entrypoint, volumes }: ComposeService, directory: string): Promise<Running> {
  const [program, ...entrypointArgs] = entrypoint;
  const root = await temporaryDirectory('edge');
  const file = join(root, 'nginx.conf');
  if (program !== 'nginx' || !volumes.includes('./nginx.conf:/etc/dockpass/nginx.conf:ro'))
    throw new Error('the service `edge` in compose.yaml does not run nginx with ./nginx.conf');
  const text = await readFile(join(directory, 'nginx.conf'), 'utf8');
  await writeFile(
    file,
    text.replaceAll('"/tmp', `"${root}`).replaceAll('/etc/dockpass/tls', join(directory, 'tls')),
  );
  const args = entrypointArgs.map((arg) => (arg === '/etc/dockpass/nginx.conf' ? file : arg));
  // If root starts nginx, its workers run as the user nobody by default, who cannot read the folders of the test.
  const edge = await start(part('nginx'), [...args, '-g', 'user root;'], { name: 'edge' });
  await untilHttp('https://127.0.0.1:8443/v2/', { part: edge, status: 401 });
  return edge;
}
