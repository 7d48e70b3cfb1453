import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test, describe } from 'vitest';
import { dockpassHome, startServe, type DockpassHome } from '../../support/dockpass/dockpass.ts';

// The attack: the keys are lost, or their folder is not mounted, and dockpass starts beside its database. A new CA would
// make every registry reject every token.

const secret = { DOCKPASS_KEYS_SECRET: 'a secret of more than thirty-two characters' };

/** Runs a server once, so that its database knows the CA. It has a user. */
async function usedHome(env: Readonly<Record<string, string>> = {}): Promise<DockpassHome> {
  const server = await startServe({ env });
  await server.must(['user', 'add', 'alice', '--generate']);
  await server.process.stop();
  return server;
}

const keysIn = async (home: DockpassHome): Promise<string[]> =>
  (await readdir(join(home.directory, 'keys'))).filter((name) => /^(?:authority|leaves)/.test(name));

const bundleOf = (home: DockpassHome): Promise<string> =>
  readFile(join(home.directory, 'keys', 'rootcertbundle.pem'), 'utf8');

const open = (home: DockpassHome): Database.Database =>
  new Database(join(home.directory, 'data', 'dockpass.db'));

function change(home: DockpassHome, statement: string): void {
  const database = open(home);
  database.exec(statement);
  database.close();
}

/** Runs each command that could create keys, and expects that it changes nothing and names the two ways out. */
async function expectNoNewCa(home: DockpassHome): Promise<void> {
  for (const args of [['serve'], ['up'], ['keys', 'list'], ['keys', 'export'], ['keys', 'rotate']]) {
    const { status, stdout, stderr } = await home.cli(args);
    expect([args, status, stdout]).toEqual([args, 1, '']);
    // If the registry or the edge is not installed, `up` says so first.
    if (args[0] === 'up' && /not installed|cannot find/.test(stderr)) continue;
    expect([args, stderr]).toEqual([
      args,
      expect.stringMatching(/dockpass restore.*keys create --new-authority/),
    ]);
  }
}

describe('missing keys of a CA that the database knows', () => {
  test('are not replaced silently, and the restored keys work', async () => {
    const home = await usedHome();
    const bundle = await bundleOf(home);
    const lost = join(home.directory, 'lost');
    await rename(join(home.directory, 'keys'), lost);
    await expectNoNewCa(home);
    expect(await readdir(home.directory)).not.toContain('keys');
    await rename(lost, join(home.directory, 'keys'));
    const { process } = await startServe({ directory: home.directory });
    await process.stop();
    expect(await bundleOf(home)).toBe(bundle);
  });

  test('are created by "keys create --new-authority", once, with an audit row', async () => {
    const home = await usedHome();
    const bundle = await bundleOf(home);
    const early = await home.cli(['keys', 'create', '--new-authority']);
    expect([early.status, early.stderr]).toEqual([1, expect.stringContaining('keys rotate --authority')]);
    expect(await bundleOf(home)).toBe(bundle);
    expect((await home.cli(['keys', 'create'])).status).toBe(2);

    await rm(join(home.directory, 'keys', 'authority.pem'));
    await expectNoNewCa(home);
    expect(await keysIn(home)).toEqual(['leaves-1.pem']);
    const { stdout, stderr } = await home.must(['keys', 'create', '--new-authority']);
    expect([stdout, stderr]).toEqual(['', expect.stringMatching(/rootcertbundle\.pem to every registry/)]);
    expect(await keysIn(home)).toEqual(['authority.pem', 'leaves-1.pem']);
    expect(await bundleOf(home)).not.toBe(bundle);
    const reasons = JSON.parse((await home.must(['audit', '--json'])).stdout) as { reason: string }[];
    expect(reasons.at(-1)?.reason).toMatch(
      /^new certificate authority created: SHA-256 fingerprint [0-9A-F:]+$/,
    );
    const { process } = await startServe({ directory: home.directory });
    await process.stop();
    await rm(join(home.directory, 'keys'), { recursive: true });
    await expectNoNewCa(home);
  });

  test('in the database are not replaced silently either', async () => {
    const home = await usedHome(secret);
    const bundle = await bundleOf(home);
    change(home, 'delete from sealed_keys');
    await expectNoNewCa(home);
    expect(open(home).prepare('select count(*) from sealed_keys').pluck().get()).toBe(0);
    await home.must(['keys', 'create', '--new-authority']);
    expect(await bundleOf(home)).not.toBe(bundle);
    const { process } = await startServe({ directory: home.directory, env: secret });
    await process.stop();
  });

  test('are protected after the next start of this version if the database is from an earlier one', async () => {
    const home = await usedHome();
    change(
      home,
      'drop table installation_facts; delete from migrations where number = 22; delete from schema_compatibility where number = 22',
    );
    const { process } = await startServe({ directory: home.directory });
    await process.stop();
    await rm(join(home.directory, 'keys'), { recursive: true });
    await expectNoNewCa(home);
  });

  test('come back with "restore"', async () => {
    const home = await usedHome();
    const bundle = await bundleOf(home);
    const backup = join(home.directory, 'backup.db');
    await home.must(['backup', backup]);
    for (const lost of ['keys', 'data']) await rm(join(home.directory, lost), { recursive: true });
    await home.must(['restore', backup]);
    const { process } = await startServe({ directory: home.directory });
    await process.stop();
    expect(await bundleOf(home)).toBe(bundle);
  });
});

test('a database with users that has never had keys gets keys at the first start', async () => {
  const home = await dockpassHome();
  await home.must(['user', 'add', 'alice', '--generate']);
  const { process } = await startServe({ directory: home.directory });
  await process.stop();
  expect(await keysIn(home)).toEqual(['authority.pem', 'leaves-1.pem']);
});
