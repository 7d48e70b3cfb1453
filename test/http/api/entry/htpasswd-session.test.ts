import { hash } from '@node-rs/bcrypt';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { createRobot } from '../../../../src/admin/robots.ts';
import { addUser, disableUser, enableUser } from '../../../../src/admin/users.ts';
import { Secret } from '../../../../src/secret.ts';
import { openBrowser, problemIn, type TestBrowser } from '../../../support/dockpass/console.ts';
import { startIssuer, type TestIssuer } from '../../../support/dockpass/issuer.ts';
import { temporaryDirectory } from '../../../support/run/temp.ts';

const password = 'correct horse battery';
const lineOf = async (name: string, text: string) =>
  `${name}:${(await hash(text, 5)).replace(/^.2./, '$2y')}\n`;

let issuer: TestIssuer;
let browser: TestBrowser;
let write: (text: string) => Promise<void>;

beforeEach(async () => {
  const file = join(await temporaryDirectory('htpasswd'), 'htpasswd');
  let at = 1_700_000_000;
  write = async (text) => {
    await writeFile(file, text);
    // The clock of the file system may be too coarse to show that the file has changed.
    await utimes(file, at, at++);
  };
  await write(await lineOf('carol', password));
  issuer = await startIssuer({ htpasswd: file, htpasswdRole: 'admin' });
  browser = openBrowser(issuer);
  expect((await browser.signIn('carol', password)).status).toBe(201);
});

const me = async (): Promise<number> => (await browser.send('get', '/me')).status;

describe('a user of the htpasswd file in the console', () => {
  test('has the role of the file', async () => {
    expect((await browser.send('get', '/me')).body).toMatchObject({ name: 'carol', role: 'admin' });
    expect((await browser.send('get', '/users')).status).toBe(200);
  });

  test('sees and ends own sessions', async () => {
    const { items } = (await browser.send('get', '/sessions')).body as {
      items: { id: string; user: string }[];
    };
    expect(items).toMatchObject([{ user: 'carol', client: 'console' }]);
    expect((await browser.send('delete', '/session')).status).toBe(204);
    expect(await me()).toBe(401);
  });

  test('cannot set the password here, because the file has it', async () => {
    const body = { current: password, password: 'another horse battery' };
    expect(problemIn(await browser.send('post', '/users/carol/password', body))).toBe('404 no_such_user');
  });

  test('is signed out when the file has another password', async () => {
    await write(await lineOf('carol', 'another horse battery'));
    expect(await me()).toBe(401);
  });

  test('is signed out when the file no longer has the user', async () => {
    await write(await lineOf('dave', password));
    expect(await me()).toBe(401);
  });

  test('is signed out when disabled, also after being enabled again', async () => {
    const { store } = issuer.server;
    await disableUser(store, issuer.clock, 'carol', issuer.config.htpasswd);
    expect(await me()).toBe(401);
    await enableUser(store, issuer.clock, 'carol');
    expect(await me()).toBe(401);
  });

  test('is signed out when a robot or a user in the database gets the name', async () => {
    const { store } = issuer.server;
    const only = [{ pattern: '**', actions: ['pull'] }] as const;
    await createRobot(store, issuer.clock, { name: 'carol', only, expiresIn: 60 });
    expect(await me()).toBe(401);
    await store.robots.remove('carol');
    expect(await me()).toBe(200);
    const newPassword = { password: new Secret('another horse battery'), minLength: 15 };
    await addUser(store, issuer.clock, { name: 'carol', role: 'none', ...newPassword });
    expect(await me()).toBe(401);
  });
});
