import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { craneClient, type Client } from '../support/client/clients.ts';
import { startTopology, type Topology } from '../support/edge/compose-topology.ts';
import { repository } from '../support/run/environment.ts';
import { handMadeImage } from '../support/registry/image.ts';
import { needs, part } from '../support/run/parts.ts';
import { untilHttp } from '../support/process/ready.ts';
import { openRecipe } from '../support/docs/recipe.ts';
import { temporaryDirectory } from '../support/run/temp.ts';
import { testAuthority } from '../support/tls/tls.ts';

// Runs the commands of docs/compose.md, with plain processes instead of containers. localhost is the private domain,
// 127.0.0.1 the public one.

const privately = 'localhost:8443';
const publicly = '127.0.0.1:8443';

needs(
  'root',
  'postgres',
  'registry-3.1',
  'nginx',
  'crane',
  'openssl',
  'docker-compose',
)('deploy/compose', () => {
  let topology: Topology;
  let crane: Client;
  let trust: Record<string, string>;
  let password: string;
  beforeAll(async () => {
    const directory = join(await temporaryDirectory('compose'), 'deploy');
    await cp(join(repository, 'deploy/compose'), directory, { recursive: true });
    const authority = await testAuthority();
    const server = await authority.issue(['localhost', '127.0.0.1']);
    const recipe = await openRecipe('docs/compose.md', {
      directory,
      replace: [
        ['/etc/ssl/registry/fullchain.pem', server.certificateFile],
        ['/etc/ssl/registry/privkey.pem', server.keyFile],
        ['pull.example.com', '127.0.0.1'],
      ],
      // `docker compose exec SERVICE COMMAND…` runs the command with the settings of that service.
      programs: {
        docker: [
          'bash',
          '-c',
          `shift; if [ "$1" = exec ]; then shift 3; . ./exec.env; exec "$@"; fi; exec '${part('docker-compose')}' "$@"`,
          'docker',
        ],
      },
    });
    await recipe.next();
    await recipe.next();
    await recipe.next();
    topology = await startTopology(directory, await settingsIn(join(directory, '.env')));
    // Images cannot be pulled in this test. The services already run as processes.
    recipe.skip('docker compose up --detach');
    const [first] = topology.replicas;
    const settings = Object.entries(first?.env ?? {}).filter(([name]) => name.startsWith('DOCKPASS_'));
    const exports = settings.map(([name, value]) => `export ${name}='${value}'\n`);
    await writeFile(join(directory, 'exec.env'), exports.join(''));
    await recipe.next();
    recipe.finish();
    password = (await readFile(join(directory, 'alice.password'), 'utf8')).trimEnd();
    crane = await craneClient();
    trust = { SSL_CERT_FILE: authority.certificateFile };
  });

  test('starts the configured number of token servers', () => {
    expect(topology.replicas).toHaveLength(3);
  });

  test('has a role for dockpass that has no rights outside of its own database, and no one else may connect', async () => {
    expect(
      await topology.askDatabase(
        'select rolname, rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolcanlogin order by rolname',
      ),
    ).toEqual([
      { rolname: 'dockpass', rolsuper: false, rolcreaterole: false, rolcreatedb: false },
      { rolname: 'postgres', rolsuper: true, rolcreaterole: true, rolcreatedb: true },
    ]);
    expect(
      await topology.askDatabase("select has_database_privilege('public', 'dockpass', 'CONNECT') as open"),
    ).toEqual([{ open: false }]);
    for (const { process } of topology.replicas)
      expect(process.output()).not.toMatch(/rights of dockpass|may connect to the database/);
  });

  test('stores no key where the registry could read it', async () => {
    const published = await readdir(topology.keysDirectory);
    expect(published.sort()).toEqual(['jwks.json', 'rootcertbundle.pem']);
  });

  test('accepts a push on the private domain and serves it to anyone on the public domain', async () => {
    const image = await handMadeImage();
    const login = ['auth', 'login', '--username', 'alice', '--password-stdin', privately];
    await crane.must(login, { env: trust, input: password });
    await crane.must(['push', image.directory, `${privately}/hello:1`], { env: trust });
    const anyone = await craneClient();
    const pulled = await anyone.must(['digest', `${publicly}/hello:1`], { env: trust });
    expect(pulled.stdout.trim()).toBe(image.manifestDigest);
    expect((await anyone.run(['digest', `${privately}/hello:1`], { env: trust })).status).not.toBe(0);
    expect(
      (await anyone.run(['push', image.directory, `${publicly}/hello:2`], { env: trust })).status,
    ).not.toBe(0);
  });

  test('distributes requests over all replicas, and continues when one is killed', async () => {
    const anyone = await craneClient();
    const pull = () => anyone.must(['digest', `${publicly}/hello:1`], { env: trust });
    const token = `https://${publicly}/auth/token?service=registry&scope=repository:hello:pull`;
    for (let times = 0; times < 40; times++) await untilHttp(token, { part: topology.edge, status: 200 });
    for (const { operationsUrl } of topology.replicas)
      expect(await issuedBy(operationsUrl)).toBeGreaterThan(0);
    topology.replicas[0]?.process.signal('SIGKILL');
    await topology.replicas[0]?.process.ended;
    // The service name still resolves to the killed replica as well. If nginx picks this replica, it tries another one.
    for (let times = 0; times < 12; times++) await pull();
  });
});

async function issuedBy(operationsUrl: string): Promise<number> {
  const metrics = await (await fetch(`${operationsUrl}/metrics`)).text();
  return [...metrics.matchAll(/^dockpass_tokens_issued_total\{.*\} (\d+)$/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
}

async function settingsIn(file: string): Promise<Record<string, string>> {
  const lines = (await readFile(file, 'utf8')).matchAll(/^(\w+)=(.*)$/gm);
  return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]));
}
