import { copyFile, readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dockerClient, type Client } from '../support/client/clients.ts';
import { trustInDocker } from '../support/client/docker-trust.ts';
import { startUp } from '../support/dockpass/dockpass.ts';
import { openRecipe } from '../support/docs/recipe.ts';
import { importImage } from '../support/registry/image.ts';
import { afterwards } from '../support/run/afterwards.ts';
import { repository } from '../support/run/environment.ts';
import { hosts, hostsAddress } from '../support/run/hosts.ts';
import { engineParts, needs, part } from '../support/run/parts.ts';
import { freePort } from '../support/run/ports.ts';
import { testAuthority } from '../support/tls/tls.ts';

const password = 'correct horse battery staple';

needs(...engineParts, ...(['host-names', 'registry-2.8', 'caddy', 'curl', 'openssl'] as const))(
  'docs/runbook.md',
  () => {
    test('lists what docker prints, and its commands work', { timeout: 240_000 }, async () => {
      const page = await readFile(join(repository, 'docs/runbook.md'), 'utf8');
      const rows = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, words = '']) => words);
      const provoked = new Set<string>();
      /** Checks that the output has the words of a row, in which HOST stands for any host. */
      const expectRow = (words: string, output: string): void => {
        expect(rows).toContain(words);
        expect(output).toContain(words.replace(/ HOST$/, ' '));
        provoked.add(words);
      };

      const up = await startUp({
        edge: { port: await freePort(), name: hosts.private },
        args: ['--public-domain', hosts.otherPublic],
        env: { DOCKPASS_UP_PRIVATE_DOMAINS: hosts.private },
      });
      const privately = `${hosts.private}:${up.edgePort}`;
      const publicly = `${hosts.otherPublic}:${up.edgePort}`;
      await up.addUser('alice', password, 'reader');
      const docker = await dockerClient();
      const pull = async (image: string): Promise<string> => (await docker.run(['pull', image])).output;
      const push = (image: string): Promise<string> => pushed(docker, image);
      const login = async (word: string): Promise<string> =>
        (await docker.login(privately, 'alice', word)).output;

      expectRow('x509: certificate signed by unknown authority', await login(password));
      const certificate = join(up.directory, 'data/up/tls/ca.crt');
      for (const name of [privately, publicly]) await trustInDocker(name, certificate);
      expectRow('unauthorized: log in first: docker login HOST', await pull(`${privately}/hello`));
      const wrong = await login('not the password');
      expectRow('unauthorized: wrong user name or password', wrong);
      const refusal = /\(refusal (\w+)\)/.exec(wrong)?.[1] ?? '';
      expect(await login(password)).toContain('Login Succeeded');
      expectRow('denied: requested access to the resource is denied', await push(`${privately}/hello`));
      expectRow('denied: log in to push: docker login HOST', await push(`${publicly}/hello`));
      expectRow('manifest unknown', await pull(`${privately}/hello:missing`));
      expectRow('connect: connection refused', await pull(`${hosts.private}:${await freePort()}/x`));
      expectRow('no such host', await pull('no-such-registry.invalid/x'));
      await expectFromOthers(expectRow, pull, push);

      expectRow('toomanyrequests: too many wrong passwords', await untilLockedOut(login));
      await up.must(['user', 'disable', 'alice']);
      expectRow('unauthorized: this session has ended', await pull(`${privately}/hello`));
      await up.must(['user', 'enable', 'alice']);
      expect([...provoked].sort()).toEqual([...rows].sort());

      await copyFile(certificate, join(up.directory, 'ca.crt'));
      const recipe = await openRecipe('docs/runbook.md', {
        directory: up.directory,
        env: {
          ...up.env,
          DOCKPASS_UP_PORT: String(up.edgePort),
          DOCKER_HOST: docker.engineHost ?? '',
          DOCKER_CONFIG: docker.directory,
        },
        programs: { curl: [part('curl'), '--noproxy', '*', '--cacert', certificate] },
        replace: [
          ['explain ID', `explain ${refusal}`],
          ['registry.example.com:5001', privately],
          ['--host registry.example.com', `--host ${privately}`],
          ['--password-stdin registry.example.com', `--password-stdin ${privately}`],
          ['logout registry.example.com', `logout ${privately}`],
          ['https://registry.example.com', `https://${privately}`],
          ['/etc/docker/', join(up.directory, 'etc/docker/')],
          ['YOUR-LONG-PASSWORD', password],
        ],
      });
      expect((await recipe.next()).stdout).toContain('alice');
      expect((await recipe.next()).stdout).toContain('push');
      await recipe.next();
      expect((await recipe.next()).output).toContain('Login Succeeded');
      const challenge = (await recipe.next()).stdout;
      expect(challenge.toLowerCase()).toContain(`bearer realm="https://${privately}/auth/token"`);
      await recipe.next();
      await recipe.next();
      expect((await recipe.next()).stdout).not.toMatch(/^pushes:/m);
      recipe.finish();
    });
  },
);

/** Provokes the errors that registries and proxies without dockpass cause, with small servers in their place. */
async function expectFromOthers(
  expectRow: (words: string, output: string) => void,
  pull: (image: string) => Promise<string>,
  push: (image: string) => Promise<string>,
): Promise<void> {
  const authority = await testAuthority();
  const certificate = await authority.issue([hosts.private]);
  const tls = { cert: certificate.certificate, key: certificate.key };
  const serve = async (answer: RequestListener): Promise<number> => {
    const port = await freePort();
    for (const host of [hosts.private, hosts.otherPublic])
      await trustInDocker(`${host}:${port}`, authority.certificateFile);
    listen(createServer(tls, answer), port);
    return port;
  };
  const unauthorized = '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}';

  const plain = await freePort();
  listen(
    createHttpServer((_request, answer) => answer.end()),
    plain,
  );
  expectRow('http: server gave HTTP response to HTTPS client', await pull(`${hosts.private}:${plain}/x`));

  const withBasic = await serve((_request, answer) =>
    answer.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end(unauthorized),
  );
  expectRow('x509: certificate is valid for', await pull(`${hosts.otherPublic}:${withBasic}/x`));
  expectRow('no basic auth credentials', await pull(`${hosts.private}:${withBasic}/x`));

  // As a registry answers a token that it does not trust.
  const otherTrust = await serve(({ url, headers }, answer) => {
    if (url?.startsWith('/auth/token')) return answer.end('{"token":"of another authority"}');
    const challenge = `Bearer realm="https://${headers.host}/auth/token",service="registry",scope="repository:x:pull",error="invalid_token"`;
    const type = { 'content-type': 'application/json', 'www-authenticate': challenge };
    return answer.writeHead(401, type).end(unauthorized);
  });
  expectRow('unauthorized: authentication required', await pull(`${hosts.private}:${otherTrust}/x`));

  for (const [status, reason] of [
    [502, 'Bad Gateway'],
    [503, 'Service Unavailable'],
  ] as const) {
    const port = await serve(({ url }, answer) => answer.writeHead(url === '/v2/' ? 200 : status).end());
    const words = `received unexpected HTTP status: ${status} ${reason}`;
    expectRow(words, await pull(`${hosts.private}:${port}/x`));
  }

  const limited = await serve(({ url, method }, answer) => {
    answer.writeHead(url === '/v2/' ? 200 : method === 'HEAD' ? 404 : 413, { 'content-type': 'text/html' });
    answer.end('<html>413 Request Entity Too Large</html>');
  });
  expectRow('error parsing HTTP 413 response body', await push(`${hosts.private}:${limited}/x`));
}

function listen(server: Server, port: number): void {
  server.listen(port, hostsAddress);
  afterwards(async () => void server.close());
}

async function pushed(docker: Client, image: string): Promise<string> {
  await importImage(docker, image);
  return (await docker.run(['push', image])).output;
}

/** Tries different wrong passwords until dockpass answers that there were too many. @returns the last output */
async function untilLockedOut(login: (word: string) => Promise<string>): Promise<string> {
  let output = '';
  for (let attempt = 0; attempt < 40 && !output.includes('toomanyrequests'); attempt += 1)
    output = await login(`wrong password ${attempt}`);
  return output;
}
