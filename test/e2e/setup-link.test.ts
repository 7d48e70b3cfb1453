import { expect, test } from 'vitest';
import { curlClient } from '../support/client/clients.ts';
import { startUp } from '../support/dockpass/dockpass.ts';
import { needs, part } from '../support/run/parts.ts';

const password = 'correct horse battery';

// The first minutes with `dockpass up`: the printed link leads to the first administrator, through the edge.
for (const edge of ['caddy', 'nginx'] as const) {
  needs(
    'registry-3.1',
    edge,
    'curl',
  )(`the setup link of dockpass up behind ${edge}`, () => {
    test.each([
      // [settings, --tls, the host of the link]
      ['with a self-signed certificate', ['localhost'], 'self-signed', 'https://localhost'],
      ['with plain HTTP on this machine', [], 'off', 'http://localhost'],
    ])('works as printed %s', async (_what, privateDomains, tls, host) => {
      const up = await startUp({
        config: { publicDomains: ['127.0.0.1'], up: { privateDomains } },
        args: ['--registry', part('registry-3.1'), '--edge', part(edge), '--tls', tls],
        tls: tls !== 'off',
      });
      const [, origin = '', code = ''] = await up.process.line(/^ {2}(http\S+)\/auth\/setup#([\w.~-]{16,})$/);
      expect(origin).toBe(`${host}:${up.edgePort}`);
      const curl = await curlClient();
      const ask = async (path: string, ...args: string[]): Promise<string> =>
        (
          await curl.must([
            '--insecure',
            '--write-out',
            ' %{http_code}',
            ...args,
            `${origin}/auth/api/v1${path}`,
          ])
        ).stdout;
      const post = (path: string, body: object) =>
        ask(path, '--header', 'Content-Type: application/json', '--data', JSON.stringify(body));
      expect(await post('/setup', { code, name: 'root-1', password })).toMatch(/ 201$/);
      expect(await post('/session', { name: 'root-1', password })).toMatch(/ 201$/);
      expect(await ask('/me', '--user', `root-1:${password}`)).toMatch(/"role":"admin".* 200$/);
      expect(await post('/setup', { code, name: 'root-2', password })).toMatch(/ 403$/);
      expect(await up.process.stop()).toMatchObject({ status: 0, leftBehind: [] });
    });
  });
}
