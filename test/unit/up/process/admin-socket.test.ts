import { mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { adminSocket } from '../../../../src/up/process/admin-socket.ts';
import { temporaryDirectory } from '../../../support/run/temp.ts';

test('the admin socket is in a folder that only this user may enter, and the check leaves no file behind', async () => {
  const directory = await temporaryDirectory();
  expect(await adminSocket(directory)).toBe('unix/caddy/admin.sock');
  expect((await stat(join(directory, 'caddy'))).mode & 0o777).toBe(0o700);
  await expect(stat(join(directory, 'caddy', 'admin.sock'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('accepts a socket that a killed Caddy left behind', async () => {
  const directory = await temporaryDirectory();
  await mkdir(join(directory, 'caddy'));
  await writeFile(join(directory, 'caddy', 'admin.sock'), '');
  expect(await adminSocket(directory)).toBe('unix/caddy/admin.sock');
});

test('returns undefined if the folder cannot contain sockets', async () => {
  const directory = await temporaryDirectory();
  // Not even root can change permissions or create files in /proc/self.
  await symlink('/proc/self', join(directory, 'caddy'));
  expect(await adminSocket(directory)).toBeUndefined();
});
