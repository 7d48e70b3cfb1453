import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  dockpassHome,
  startServe,
  type DockpassHome,
  type DockpassServer,
} from '../../../support/dockpass/dockpass.ts';
import { typeAtTerminal } from '../../../support/process/terminal.ts';
import { dockpassBin } from '../../../support/dockpass/dockpass.ts';

const password = 'correct horse battery';
const tokenName = `cli@${hostname().toLowerCase()}`;
let server: DockpassServer;
let home: DockpassHome;

beforeEach(async () => {
  server = await startServe();
  await server.must(['user', 'add', 'boss', '--role', 'admin', '--password-stdin'], { input: password });
  home = await dockpassHome({ database: false });
});

const logIn = (...more: string[]) =>
  home.cli(['login', server.url, '--user', 'boss', '--password-stdin', ...more], { input: `${password}\n` });
const file = () => join(home.directory, '.config', 'dockpass', 'logins.json');
const tokensOnServer = async (): Promise<{ name: string; api: boolean; expires: string; only: null }[]> =>
  JSON.parse((await server.must(['token', 'list', '--user', 'boss', '--json'])).stdout) as never;

describe('dockpass login', () => {
  test('stores a token in a file that only the user can read, and logout revokes it', async () => {
    const { status, stdout, stderr } = await logIn();
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toContain(
      `logged in to ${server.url} as boss. The access token ${tokenName} is stored in ${file()} (mode 0600)`,
    );
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    const [token] = await tokensOnServer();
    expect(token).toMatchObject({ name: tokenName, api: true, only: null });
    const days = (Date.parse(token?.expires ?? '') - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(89.9);
    expect(days).toBeLessThanOrEqual(90);

    const listed = await home.must(['user', 'list', '--url', server.url]);
    expect(listed.stdout).toContain('boss');
    expect((await home.must(['--url', server.url, 'user', 'list'])).stdout).toBe(listed.stdout);
    const byVariable = await home.must(['user', 'list'], { env: { DOCKPASS_URL: server.url } });
    expect(byVariable.stdout).toBe(listed.stdout);
    // Without an option and a variable, the database of this machine is meant.
    expect((await home.cli(['user', 'list'])).stderr).toContain('there is no database at');

    const out = await home.must(['logout', server.url]);
    expect(out.stderr).toContain(`the access token ${tokenName} of boss is revoked`);
    expect(await tokensOnServer()).toEqual([]);
    expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual({ servers: {} });
    expect(await home.cli(['logout', server.url])).toMatchObject({ status: 1 });
  });

  test('replaces the token of an earlier login', async () => {
    await logIn();
    const before = await readFile(file(), 'utf8');
    expect(await logIn()).toMatchObject({ status: 0 });
    expect(await readFile(file(), 'utf8')).not.toBe(before);
    expect((await tokensOnServer()).map(({ name }) => name)).toEqual([tokenName]);
    expect(await home.must(['user', 'list', '--url', server.url])).toMatchObject({ status: 0 });
  });

  test('changes nothing if the password is wrong', async () => {
    await logIn();
    const before = await readFile(file(), 'utf8');
    const wrong = await home.cli(['login', server.url, '--user', 'boss', '--password-stdin'], {
      input: 'wrong horse\n',
    });
    expect(wrong).toMatchObject({ status: 1, stdout: '' });
    expect(wrong.stderr).toContain('rejected the name boss with this password');
    expect(wrong.stderr).not.toContain('wrong horse');
    expect(await readFile(file(), 'utf8')).toBe(before);
    expect(await home.must(['user', 'list', '--url', server.url])).toMatchObject({ status: 0 });
  });

  test('asks for the name and the password at a terminal', async () => {
    const command = `${process.execPath} ${dockpassBin} login ${server.url}`;
    const screen = await typeAtTerminal(
      command,
      [
        [/User: /, 'boss'],
        [/Password: /, password],
      ],
      {
        cwd: home.directory,
        env: home.env,
      },
    );
    expect(screen).toContain('logged in to');
    expect(screen).not.toContain(password);
  });

  test('needs a name, a password and a server', async () => {
    for (const args of [['login'], ['login', server.url], ['login', server.url, '--user', 'boss']])
      expect(await home.cli(args)).toMatchObject({ status: 2 });
  });

  test('rejects a file that others can read, and a damaged one', async () => {
    await logIn();
    await chmod(file(), 0o644);
    expect((await home.cli(['user', 'list', '--url', server.url])).stderr).toContain('chmod 600');
    await chmod(file(), 0o600);
    await writeFile(file(), '{');
    expect((await home.cli(['user', 'list', '--url', server.url])).stderr).toMatch(
      /cannot read .*logins\.json/,
    );
  });

  test('uses XDG_CONFIG_HOME', async () => {
    const env = { XDG_CONFIG_HOME: join(home.directory, 'elsewhere') };
    await home.must(['login', server.url, '--user', 'boss', '--password-stdin'], { input: password, env });
    expect((await stat(join(home.directory, 'elsewhere', 'dockpass', 'logins.json'))).isFile()).toBe(true);
  });
});

describe('the credential helper of docker', () => {
  /** A helper that keeps one entry in a file, as the protocol demands. */
  const helper = `#!/bin/sh
entry="$HOME/helper-entry"
case "$1" in
  store) cat > "$entry" ;;
  get) [ -f "$entry" ] && cat "$entry" || { echo "credentials not found in native keychain"; exit 1; } ;;
  erase) cat > "$HOME/erased"; rm -f "$entry" ;;
esac
`;
  let env: Readonly<Record<string, string>>;

  const install = async (script: string, config: object): Promise<void> => {
    const bin = join(home.directory, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'docker-credential-lab'), script, { mode: 0o755 });
    await mkdir(join(home.directory, '.docker'));
    await writeFile(join(home.directory, '.docker', 'config.json'), JSON.stringify(config));
    env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  };
  const logInWithHelper = () =>
    home.must(['login', server.url, '--user', 'boss', '--password-stdin'], { input: password, env });

  test('gets the token, which is then in no file of dockpass', async () => {
    await install(helper, { credsStore: 'other', credHelpers: { [new URL(server.url).host]: 'lab' } });
    const { stderr } = await logInWithHelper();
    expect(stderr).toContain('stored in the credential helper docker-credential-lab');
    const entry = JSON.parse(await readFile(join(home.directory, 'helper-entry'), 'utf8')) as Record<
      string,
      string
    >;
    // The key differs from that of "docker login", which is the host alone.
    expect(entry).toMatchObject({ ServerURL: `${server.url}/auth/api/v1/`, Username: 'boss' });
    expect(await readFile(file(), 'utf8')).not.toContain(entry['Secret']);
    expect((await home.must(['user', 'list', '--url', server.url], { env })).stdout).toContain('boss');
    await home.must(['logout'], { env });
    expect(await readFile(join(home.directory, 'erased'), 'utf8')).toBe(`${server.url}/auth/api/v1/`);
    expect(await tokensOnServer()).toEqual([]);
  });

  test('is not used if it fails, and the login says so', async () => {
    await install('#!/bin/sh\necho "the keychain is locked"; exit 1\n', { credsStore: 'lab' });
    const { stderr } = await logInWithHelper();
    expect(stderr).toContain(
      'warning: cannot use the credential helper of docker: "docker-credential-lab store" failed: the keychain is locked',
    );
    expect(stderr).toContain(`stored in ${file()} (mode 0600)`);
  });
});

describe('dockpass logout', () => {
  test('removes the login even if the server is gone, and says that the token is not revoked', async () => {
    await logIn();
    await server.process.stop();
    const { status, stderr } = await home.cli(['logout']);
    expect(status).toBe(1);
    expect(stderr).toContain('is removed from this machine, but its token is not revoked');
    expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual({ servers: {} });
  });

  test('needs the name of the server if there are several', async () => {
    await logIn();
    const localhost = server.url.replace('127.0.0.1', 'localhost');
    await home.must(['login', localhost, '--user', 'boss', '--password-stdin'], { input: password });
    const { status, stderr } = await home.cli(['logout']);
    expect(status).toBe(2);
    expect(stderr).toContain(`${server.url}, ${localhost}`);
  });
});
