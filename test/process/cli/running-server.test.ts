import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { dockpassHome, startServe, type DockpassServer } from '../../support/dockpass/dockpass.ts';
import { until } from '../../support/process/ready.ts';
import { repository } from '../../support/run/environment.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

const pull = ['explain', '--host', 'pub.example.com', 'repository:hello:pull'];
/** The environment of a terminal in which someone runs commands: the variables of the server are not set there. */
const elsewhere = { DOCKPASS_PUBLIC_DOMAINS: '' };

async function servePublic(more: { directory?: string } = {}): Promise<DockpassServer> {
  return startServe({ env: { DOCKPASS_PUBLIC_DOMAINS: 'pub.example.com' }, ...more });
}

test('explain, status and doctor use the settings of the running server, and not those of the file', async () => {
  const server = await servePublic();
  const explained = await server.must(pull, { env: elsewhere });
  expect(explained.stdout).toMatch(/^realm {3}public: pub\.example\.com/);
  expect(explained.stderr).toMatch(
    /^using the settings of the running server \(dockpass serve, process \d+ on /,
  );
  const status = await server.must(['status', '--json'], { env: elsewhere });
  expect(JSON.parse(status.stdout)).toMatchObject({
    running: true,
    server: 'dockpass serve',
    state: 'ready',
    publicDomains: 'pub.example.com',
    tokenServer: `127.0.0.1:${server.port}`,
  });
  const doctor = await server.cli(['doctor', '--read-only', '--json'], { env: elsewhere });
  expect(doctor.stderr).toContain('checked: public domain pub.example.com, not reached\n');

  await server.process.stop();
  const later = await server.must(pull, { env: elsewhere });
  expect(later.stdout).toMatch(/^realm {3}private: /);
  expect(later.stderr).toBe(
    'no running server; using environment variables and defaults, because there is no configuration file\n',
  );
  expect((await server.must(['status'], { env: elsewhere })).stdout).toMatch(/^server: +not running\n/);
});

test('a killed server counts as stopped, and its successor can be asked', async () => {
  const killed = await servePublic();
  killed.process.signal('SIGKILL');
  await killed.process.ended;
  expect((await killed.must(pull, { env: elsewhere })).stderr).toContain('no running server; using ');
  const successor = await servePublic({ directory: killed.directory });
  expect((await successor.must(pull, { env: elsewhere })).stdout).toMatch(/^realm {3}public/);
});

test('explain follows a changed configuration of the running server', async () => {
  const server = await startServe({ config: { publicDomains: ['pub.example.com'] } });
  await writeFile(
    join(server.directory, 'dockpass.yml'),
    'publicDomains: [other.example.com]\ncatalog: users\nkeys: { leafLifetime: 91d }\n',
  );
  await until('the changed configuration', { part: server.process }, async () =>
    (await server.must(pull)).stdout.startsWith('realm   private') ? true : undefined,
  );
  const { stdout } = await server.must(['status', '--json']);
  const { settings } = JSON.parse(stdout) as { settings: { name: string; value: string; origin: string }[] };
  const of = (key: string) => settings.find(({ name }) => name === key);
  expect(of('catalog')).toMatchObject({ value: 'users', origin: 'file' });
  // A change of this setting needs a restart, so the server does not use it yet.
  expect(of('keys.leafLifetime')).toMatchObject({ origin: 'default' });
  const { stderr } = await server.must(['check']);
  expect(stderr).toMatch(
    /dockpass\.yml is valid\nthe running server \(.*\) uses other settings: keys\.leafLifetime\./,
  );
});

test('only the user of the server can ask it, and it tells no secret', async () => {
  const secret = 'a-secret-of-the-keys-that-no-one-may-read';
  const server = await startServe({ env: { DOCKPASS_KEYS_SECRET: secret } });
  const socket = await stat(join(server.directory, 'data', 'dockpass.db-server'));
  expect([socket.isSocket(), socket.mode & 0o777]).toEqual([true, 0o600]);
  expect((await server.must(['status', '--json'])).output).not.toContain(secret);
  expect(await text(connect(join(server.directory, 'data', 'dockpass.db-server')))).not.toContain(secret);
});

test('a server works in a folder whose path is too long for a socket', async () => {
  const directory = join(await temporaryDirectory('long'), 'a'.repeat(120));
  await mkdir(directory);
  const server = await servePublic({ directory });
  expect((await server.must(pull, { env: elsewhere })).stdout).toMatch(/^realm {3}public/);
});

test.each([
  ['user', 'list'],
  ['user', 'add', 'alice', '--generate'],
  ['group', 'list'],
  ['grant', 'list'],
  ['token', 'list'],
  ['robot', 'list'],
  ['session', 'list'],
  ['audit'],
  ['backup', 'dockpass.backup'],
  pull,
])('%s %s creates no database, and says what to do', async (...words) => {
  const home = await dockpassHome({ database: false });
  const ran = await home.cli(words);
  expect(ran).toMatchObject({ status: 1, stdout: '' });
  expect(ran.stderr).toMatch(
    /^dockpass: there is no database at \S+\/data\/dockpass\.db .*--config FILE.*"dockpass init".*"dockpass serve"\.\n$/,
  );
  await expect(stat(join(home.directory, 'data'))).rejects.toThrow('ENOENT');
});

test.each([['list'], ['export'], ['rotate'], ['rotate', '--authority', '--yes']])(
  'keys %s creates no keys where there is no installation, and says what to do',
  async (...words) => {
    const home = await dockpassHome({ database: false });
    const ran = await home.cli(['keys', ...words]);
    expect(ran).toMatchObject({ status: 1, stdout: '' });
    expect(ran.stderr).toMatch(
      /^dockpass: there are no keys in \S+\/keys .*--config FILE.*"dockpass init".*"dockpass serve"\.\n$/,
    );
    await expect(stat(join(home.directory, 'keys'))).rejects.toThrow('ENOENT');
  },
);

test('init creates the database, so that users can be added before the first start', async () => {
  const home = await dockpassHome({ database: false });
  // The printed commands also work if dockpass is not on PATH.
  const written = await home.must(['init', '--out', 'registry'], { env: { PATH: '/nowhere' } });
  const program = join(repository, 'bin', 'dockpass');
  expect(written.stderr).toContain(
    `  ${program} --config ${home.directory}/registry/dockpass.yml user add NAME\n`,
  );
  const added = await home.must(['--config', 'registry/dockpass.yml', 'user', 'add', 'alice', '--generate']);
  expect(added.stderr).toMatch(/^alice can log in .*\nDatabase: \/\S+\/registry\/data\/dockpass\.db\n$/);
});

test('init --config uses the configuration: its domains, and its certificate authority', async () => {
  const home = await dockpassHome({
    database: false,
    config: { publicDomains: ['pub.example.com'], up: { privateDomains: ['reg.example.com'], tls: 'off' } },
  });
  await home.must(['keys', 'create', '--new-authority']);
  const authority = await readFile(join(home.directory, 'keys', 'authority.pem'), 'utf8');
  const ran = await home.must(['--config', 'dockpass.yml', 'init', '--edge', 'nginx', '--out', 'out']);
  expect(ran.stderr).not.toContain('dockpass.yml,');
  const edge = await readFile(join(home.directory, 'out', 'dockpass-nginx.conf'), 'utf8');
  expect(edge).toContain('reg.example.com');
  expect(edge).toContain('pub\\.example\\.com');
  const registry = await readFile(join(home.directory, 'out', 'registry-config.yml'), 'utf8');
  expect(registry).toContain(`rootcertbundle: "${join(home.directory, 'keys', 'rootcertbundle.pem')}"`);
  expect(await readFile(join(home.directory, 'keys', 'authority.pem'), 'utf8')).toBe(authority);
  await expect(stat(join(home.directory, 'out', 'keys'))).rejects.toThrow('ENOENT');
  const mixed = await home.cli(['--config', 'dockpass.yml', 'init', '--public-domain', 'a.example.com']);
  expect(mixed).toMatchObject({ status: 2 });
  expect(mixed.stderr).toContain('Edit dockpass.yml instead');
});
