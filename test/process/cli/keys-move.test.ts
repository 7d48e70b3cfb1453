import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dockpassHome, type DockpassHome } from '../../support/dockpass/dockpass.ts';

const secret = { DOCKPASS_KEYS_SECRET: 'a secret of more than thirty-two characters' };

async function usesOf(home: DockpassHome, env: Readonly<Record<string, string>>): Promise<string[]> {
  const rows = JSON.parse((await home.must(['keys', 'list', '--json'], { env })).stdout) as { use: string }[];
  return rows.map(({ use }) => use);
}

test('keys move --without-authority moves keys to the database, but the CA key stays in its folder', async () => {
  const holder = await dockpassHome();
  await holder.must(['keys', 'create', '--new-authority']);
  const move = ['keys', 'move', '--to', 'database', '--without-authority'];
  const early = await holder.cli(move);
  expect([early.status, early.stderr]).toEqual([2, expect.stringContaining('keys.secret is not set')]);
  const moved = await holder.must(move, { env: secret });
  expect(moved.stderr).toContain('authority.pem stays where it is');

  const signer = await dockpassHome({
    env: { DOCKPASS_DATABASE: join(holder.directory, 'data', 'dockpass.db') },
  });
  expect(await usesOf(holder, secret)).toEqual(['certifies leaves', 'signs tokens']);
  expect(await usesOf(signer, secret)).toEqual(['certifies leaves elsewhere', 'signs tokens']);
  const refused = await signer.cli(['keys', 'rotate'], { env: secret });
  expect([refused.status, refused.stderr]).toEqual([
    1,
    expect.stringContaining('the key of the certificate authority is not on this machine'),
  ]);
  await holder.must(['keys', 'rotate'], { env: secret });
  expect(await usesOf(signer, secret)).toHaveLength(3);

  const file = join(holder.directory, 'short');
  await writeFile(file, 'too short\n');
  const short = await holder.cli(['keys', 'reseal', '--new-secret-file', file], { env: secret });
  expect([short.status, short.stderr]).toEqual([2, expect.stringContaining('at least 32 characters')]);
  expect(await usesOf(signer, secret)).toHaveLength(3);

  await writeFile(file, 'another secret of more than thirty-two characters\n');
  await holder.must(['keys', 'reseal', '--new-secret-file', file], { env: secret });
  const rows = JSON.parse((await holder.must(['audit', '--json'])).stdout) as { reason: string }[];
  const changes = rows.map(({ reason }) => reason);
  expect(changes).toEqual([
    'keys moved to the database',
    expect.stringMatching(/^keys rotated: new signing key (?:[A-Z2-7]{4}:){11}[A-Z2-7]{4}$/),
    'keys encrypted with a new secret',
  ]);
});
