import { chmod, mkdir, readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import request from 'supertest';
import { describe, expect, test } from 'vitest';
import { dockpassHome, startServe, type DockpassServer } from '../../support/dockpass/dockpass.ts';
import { startScript } from '../../support/process/node-child.ts';
import { basic, parseAnswer, readAll } from '../../support/network/raw-http.ts';
import { freePort } from '../../support/run/ports.ts';

const config = { publicDomains: ['pub.example.com'] };
const password = 'correct horse battery';

/** A command that starts dockpass without the capabilities that let root write everywhere. Empty for other users. */
const withoutPrivileges =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'] : [];

const ask = (server: DockpassServer, host: string) =>
  request(server.url).get('/auth/token').set('Host', host);
const status = async (server: DockpassServer, secret = password): Promise<number> =>
  (await ask(server, 'registry.example.com').auth('alice', secret)).status;

describe('dockpass serve', () => {
  test('creates missing keys and database, and issues tokens', async () => {
    const server = await startServe({ config });
    expect((await ask(server, 'pub.example.com')).status).toBe(200);
    expect(await readdir(server.directory)).toEqual(expect.arrayContaining(['data', 'keys']));
    expect(await readdir(join(server.directory, 'data'))).toContain('dockpass.db');
  });

  test('prints the link for the first administrator until there is one', async () => {
    const link =
      /open this link within 24 hours: (https:\/\/registry\.example\.com\/auth\/setup)#([\w.~-]{16,})"/;
    const settings = { ...config, up: { privateDomains: ['registry.example.com'] } };
    const first = await startServe({ config: settings });
    const [, , ended = ''] = await first.process.line(link);
    await first.process.stop();
    const second = await startServe({ directory: first.directory });
    const [, , code = ''] = await second.process.line(link);
    const setUp = async (text: string): Promise<number> =>
      (
        await request(second.url)
          .post('/auth/api/v1/setup')
          .set('Host', 'registry.example.com')
          .send({ code: text, name: 'root-1', password })
      ).status;
    expect([await setUp(ended), await setUp(code), await setUp(code)]).toEqual([403, 201, 403]);
    expect(await status(second)).toBe(401);
    await second.process.stop();
    const third = await startServe({ directory: first.directory });
    await third.process.stop();
    expect(third.process.output()).not.toContain('/auth/setup');
  });

  test('applies a change by the CLI from the next request on', async () => {
    const server = await startServe({ config });
    expect(await status(server)).toBe(401);
    await server.addUser('alice', password);
    expect(await status(server)).toBe(200);
    await server.must(['user', 'disable', 'alice']);
    expect(await status(server)).toBe(401);
    await server.must(['user', 'enable', 'alice']);
    expect(await status(server)).toBe(200);
    await server.must(['user', 'passwd', 'alice', '--password-stdin'], { input: 'another horse battery' });
    expect([await status(server), await status(server, 'another horse battery')]).toEqual([401, 200]);
    await server.must(['user', 'remove', 'alice']);
    expect(await status(server, 'another horse battery')).toBe(401);
  });

  test('issues tokens while another process holds the write lock; a change by the CLI waits, or fails with a message', async () => {
    const server = await startServe({ config });
    await server.addUser('alice', password);
    const holder = startScript('write-lock.ts', [join(server.directory, 'data', 'dockpass.db')]);
    expect(await holder.line()).toBe('locked');
    const refused = server.cli(['user', 'disable', 'alice']);
    // Request tokens until the CLI command has failed.
    let asked = 0;
    let done = false;
    void refused.finally(() => (done = true));
    while (!done) {
      expect(await status(server)).toBe(200);
      expect((await ask(server, 'pub.example.com').query({ scope: 'repository:a:pull' })).status).toBe(200);
      asked++;
    }
    expect(asked).toBeGreaterThan(10);
    expect(await refused).toMatchObject({
      status: 1,
      stdout: '',
      stderr:
        'dockpass: another process has locked the database for 5 seconds. Try again when it has finished.\n',
    });
    const waiting = server.cli(['user', 'disable', 'alice']);
    expect(await status(server)).toBe(200);
    holder.tell('release');
    expect(await waiting).toMatchObject({ status: 0 });
    expect(await status(server)).toBe(401);
  });

  test('answers the requests in progress after SIGTERM, then exits with 0', async () => {
    const server = await startServe({ config });
    await server.addUser('alice', password);
    const head = `GET /auth/token HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic('alice', password)}\r\nConnection: close\r\n`;
    const sockets = Array.from({ length: 5 }, () => connect(server.port, '127.0.0.1'));
    const answers = sockets.map(readAll);
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.write(head, resolve))));
    // When the signal arrives, the last empty line of each request is still missing. So all five are in progress.
    expect(await status(server)).toBe(200);
    server.process.signal('SIGTERM');
    await server.process.line(/SIGTERM received: finishing/);
    for (const socket of sockets) socket.write('\r\n');
    const texts = await Promise.all(answers);
    expect(texts.map((text) => parseAnswer(text)?.status)).toEqual([200, 200, 200, 200, 200]);
    expect(await server.process.ended).toMatchObject({ status: 0 });
  });

  test.each([
    [
      'serve',
      /^dockpass: cannot write to the key directory (\S+) [^\n]*\. Run "sudo mkdir -p \1 && sudo chown -R OWNER \1", or [^\n]+\n$/,
    ],
    [
      'up',
      /^dockpass: cannot write to the \S+ directory (\S+) [^\n]*\. Run "sudo mkdir -p \1 && sudo chown -R OWNER \1", or [^\n]+\n$/,
    ],
    [
      'keys create --new-authority',
      /^dockpass: cannot write \S+: [^\n]+\. Change the owner of the folder of this file to the user that runs dockpass \(chown\)\.\n$/,
    ],
  ])('in a folder that it cannot write, `%s` prints one line and creates nothing', async (words, line) => {
    const home = await dockpassHome({ through: withoutPrivileges });
    await chmod(home.directory, 0o555);
    const ended = await home.cli(words.split(' '));
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    const owner = `${process.getuid?.()}:${process.getgid?.()}`;
    expect(ended.stderr.replace(owner, 'OWNER')).toMatch(line);
    expect(await readdir(home.directory)).toEqual([]);
  });

  test('names the chown command for an existing folder of another user', async () => {
    // Another test may use the default ports at the same time.
    const [port, operationsPort] = [await freePort(), await freePort()];
    const home = await dockpassHome({
      through: withoutPrivileges,
      env: {
        DOCKPASS_LISTEN: `127.0.0.1:${port}`,
        DOCKPASS_OPERATIONS_LISTEN: `127.0.0.1:${operationsPort}`,
      },
    });
    const keys = join(home.directory, 'keys');
    await mkdir(keys);
    await chmod(keys, 0o555);
    const { status, stderr } = await home.cli(['serve']);
    expect(status).toBe(1);
    expect(stderr).toContain(
      `. Run "sudo chown -R ${process.getuid?.()}:${process.getgid?.()} ${keys}", or `,
    );
    expect(await readdir(home.directory)).toEqual(['keys']);
  });

  test('a second server on the same port does not disturb the first', async () => {
    const server = await startServe({ config });
    const second = await server.cli(['serve']);
    expect(second.status).toBe(1);
    expect(second.stderr).toContain('in use');
    expect((await ask(server, 'pub.example.com')).status).toBe(200);
  });
});
