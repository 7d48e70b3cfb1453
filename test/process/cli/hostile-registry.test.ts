import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { dockpassHome, type DockpassHome } from '../../support/dockpass/dockpass.ts';
import { afterwards } from '../../support/run/afterwards.ts';

// The registry is an attacker here: it chooses every byte of its answers to the operator's commands.

const digest = `sha256:${'0'.repeat(64)}`;
/** Clears the screen, changes the title, sets colours; then C1 characters, bidirectional and invisible ones, and a bell. */
const evil = '\x1b[2J\x1b]0;owned\x07\x1b[31m\x9b31m\u202e\u2066\u200f\u00ad\u2028\r\b\x7f';
/** Matches what may be printed: everything but control, format, line and paragraph separator characters. */
const printed = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u;

let home: DockpassHome;
beforeAll(async () => {
  home = await dockpassHome();
  await home.must(['keys', 'create', '--new-authority']);
});

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  afterwards(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Another host, which must never receive the token of the operator. */
async function bystander(): Promise<{ port: number; requests: string[] }> {
  const requests: string[] = [];
  const port = await listen((request, response) => {
    requests.push(`${request.url} ${request.headers.authorization}`);
    response.end('{"repositories":["stolen"],"tags":["stolen"]}');
  });
  return { port, requests };
}

const commands = [
  ['repo', 'list'],
  ['repo', 'tags', 'a'],
  ['repo', 'delete', 'a:1', '--yes'],
];

describe('a registry that sends the client elsewhere', () => {
  test.each([
    'http://reg//127.0.0.1:PORT/v2/_catalog?x=1',
    '//127.0.0.1:PORT/v2/_catalog',
    '///127.0.0.1:PORT/v2/_catalog',
    '/\\127.0.0.1:PORT/v2/_catalog',
    '/.//127.0.0.1:PORT/v2/_catalog',
    '/%2e//127.0.0.1:PORT/',
    'http://127.0.0.1:PORT/v2/_catalog',
    'http:127.0.0.1:PORT',
    'http://x@127.0.0.1:PORT/',
    '@127.0.0.1:PORT/',
    '.127.0.0.1:PORT/',
    ':PORT/',
    '?@127.0.0.1:PORT/',
    'data:,x',
  ])('never gets a request to another host with the next page %s', async (link) => {
    const other = await bystander();
    const asked: string[] = [];
    const port = await listen((request, response) => {
      asked.push(request.url ?? '');
      if (asked.length === 1)
        response.setHeader('Link', `<${link.replace('PORT', String(other.port))}>; rel="next"`);
      response.end('{"repositories":["a"],"tags":["b"]}');
    });
    const { stdout } = await home.cli(['repo', 'list', '--registry', `http://127.0.0.1:${port}`]);
    expect(other.requests).toEqual([]);
    expect(asked.length).toBeGreaterThan(0);
    expect(stdout).not.toContain('stolen');
  });

  test.each(commands)('never gets a request to another host by a redirect: %s %s', async (...command) => {
    const other = await bystander();
    for (const status of [301, 302, 303, 307, 308]) {
      const port = await listen((request, response) => {
        response.writeHead(status, { Location: `http://127.0.0.1:${other.port}${request.url}` }).end();
      });
      const ended = await home.cli([...command, '--registry', `http://127.0.0.1:${port}`]);
      expect(ended.status).toBe(1);
    }
    expect(other.requests).toEqual([]);
  });

  test('cannot choose what is deleted with a digest that is none', async () => {
    const asked: string[] = [];
    const port = await listen((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.setHeader('Docker-Content-Digest', '../../b/manifests/sha256:1').end('{"tags":["1"]}');
    });
    const ended = await home.cli([
      'repo',
      'delete',
      'a:1',
      '--yes',
      '--registry',
      `http://127.0.0.1:${port}`,
    ]);
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toContain('sent an answer that cannot be read');
    expect(asked).toEqual(['HEAD /v2/a/manifests/1']);
  });
});

describe('a registry that sends escape sequences for terminals', () => {
  const lists = JSON.stringify({
    repositories: ['team/app', evil, `a\nb${evil}`],
    tags: ['1', evil, `a\nb${evil}`],
  });
  const answers: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
    names: (request, response) => {
      response.setHeader('Docker-Content-Digest', digest);
      if (request.method === 'DELETE') response.statusCode = 202;
      response.end(lists);
    },
    errors: (_request, response) => {
      response.writeHead(500, { 'Content-Type': evil.replace(/[^\x20-\x7e]/g, '') }).end(`${evil}\n${evil}`);
    },
    'broken JSON': (_request, response) => void response.end(`{${evil}`),
    nothing: (_request, response) => void response.end('null'),
  };

  test.each(
    Object.keys(answers).flatMap((what) =>
      [...commands, ['repo', 'list', '--json'], ['repo', 'tags', 'a', '--json']].map(
        (command): [string, string[]] => [what, command],
      ),
    ),
  )('prints its %s escaped: %s', async (what, command) => {
    const port = await listen((request, response) => answers[what]?.(request, response));
    const { stdout, stderr } = await home.cli([...command, '--registry', `http://127.0.0.1:${port}`]);
    for (const line of `${stdout}${stderr}`.split('\n')) expect(line).toMatch(printed);
    expect(stderr).not.toMatch(/^ +at /m);
    if (what !== 'names' || command[1] === 'delete') return;
    const names = command.includes('--json')
      ? (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name)
      : stdout.trimEnd().split('\n');
    // No registry has a repository or a tag with such a name, so they are left out.
    expect(names).toEqual([command[1] === 'tags' ? '1' : 'team/app']);
  });

  test('doctor prints what a registry answers escaped', async () => {
    const port = await listen((_request, response) => {
      response.writeHead(401, {
        'WWW-Authenticate': Buffer.from(`Bearer realm="http://x/\x9b31m"`).toString('latin1'),
      });
      response.end(`${evil}`);
    });
    const { stdout, stderr } = await home.cli(['doctor', '--registry', `http://127.0.0.1:${port}`]);
    for (const line of `${stdout}${stderr}`.split('\n')) expect(line).toMatch(printed);
    expect(stdout).toContain('Problem: ');
  });
});
