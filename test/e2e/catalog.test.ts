import { beforeAll, expect, test } from 'vitest';
import {
  craneClient,
  curlClient,
  orasClient,
  podmanClient,
  regctlClient,
  type Client,
} from '../support/client/clients.ts';
import { ofEachKind, startSetup, type RunningSetup } from '../support/edge/registry-behind-edge.ts';
import { registryPart } from '../support/registry/registry.ts';
import { createRepositories } from '../support/registry/storage.ts';
import { needs } from '../support/run/parts.ts';

// test/http/catalog tests the list in detail. Here, real clients ask for it through real edges, in front of real registries.

const password = 'correct horse battery staple';
const repositories = ['other/x', 'team/a', 'team/b', 'team/c'];
const own = ['team/a', 'team/b', 'team/c'];

/** Returns the repositories that the output of a client names. */
const namedIn = (output: string): string[] => output.match(/\b(?:team|other)\/[a-z]\b/g) ?? [];

for (const setup of ofEachKind) {
  const { registry, edge } = setup;
  needs(
    registryPart(registry),
    edge,
    'curl',
  )(`lists of repositories, registry ${registry} behind ${edge}`, () => {
    let running: RunningSetup;
    let curl: Client;
    beforeAll(async () => {
      running = await startSetup(setup);
      await running.addUser('alice', password, 'reader');
      await running.addUser('root-admin', password, 'admin');
      await running.must(['grant', 'add', 'alice', 'team/**', 'pull']);
      await createRepositories(running.storage, repositories);
      curl = await curlClient();
      return async () => void (await running.process.stop());
    });

    const ask = async (path: string, ...more: string[]) => {
      const { stdout } = await curl.must([
        ...['--cacert', running.trust.certificateFile, '--include', ...more],
        `https://${running.privately}${path}`,
      ]);
      const [head = '', body = ''] = stdout.split('\r\n\r\n').slice(-2);
      const header = (name: string) => new RegExp(`^${name}: *(.*?)\r?$`, 'im').exec(head)?.[1];
      return { status: Number(/^HTTP\/\S+ (\d+)/.exec(head)?.[1]), header, body };
    };
    const as = (user: string) => ['-u', `${user}:${password}`];

    test('curl -u lists what the user may pull, in pages', async () => {
      expect((await ask('/v2/_catalog', ...as('root-admin'))).body).toBe(
        `${JSON.stringify({ repositories })}\n`,
      );
      const first = await ask('/v2/_catalog?n=2', ...as('alice'));
      expect(first.body).toBe('{"repositories":["team/a","team/b"]}\n');
      const next = /^<(.*)>; rel="next"$/.exec(first.header('link') ?? '')?.[1];
      const second = await ask(next ?? '', ...as('alice'));
      expect([second.body, second.header('link')]).toEqual(['{"repositories":["team/c"]}\n', undefined]);
      const without = await ask('/v2/_catalog');
      expect(without.status).toBe(401);
      expect(without.header('www-authenticate')).toBe(
        `Bearer realm="https://${running.privately}/auth/token",service="registry",scope="registry:catalog:*"`,
      );
    });

    test('121: a wrong n is answered as distribution 3 does, and a large one as this registry does', async () => {
      expect((await ask('/v2/_catalog?n=-1', ...as('alice'))).status).toBe(400);
      expect((await ask('/v2/_catalog?n=x', ...as('alice'))).status).toBe(400);
      // All these versions have the default limit of 1000. The registry itself is asked.
      expect((await ask('/v2/_catalog?n=1000', ...as('alice'))).status).toBe(200);
      const tooMany = await ask('/v2/_catalog?n=1001', ...as('alice'));
      expect([tooMany.status, JSON.parse(tooMany.body)]).toMatchObject([
        400,
        { errors: [{ code: 'PAGINATION_NUMBER_INVALID', detail: { n: 1001 } }] },
      ]);
    });

    test('no spelling of the path reaches the list of the registry', async () => {
      const token = JSON.parse(
        (await ask('/auth/token?service=registry&scope=registry:catalog:*', ...as('root-admin'))).body,
      ) as { token: string };
      for (const path of [
        '//v2/_catalog',
        '/v2//_catalog',
        '/v2/_catalog/',
        '/v2/./_catalog',
        '/V2/_catalog',
        '/v2/_catalo%67',
      ])
        for (const login of [as('alice'), ['-H', `Authorization: Bearer ${token.token}`], []]) {
          const { status, body } = await ask(path, '--path-as-is', ...login);
          // An edge may recognize a spelling. dockpass then lists what the client may pull.
          if (status === 200 && login[0] === '-u') expect(namedIn(body)).toEqual(own);
          else if (status !== 200) expect([path, namedIn(body)]).toEqual([path, []]);
        }
    });

    needs('crane')('crane catalog', () => {
      test('lists what the user may pull', async () => {
        const crane = await craneClient();
        const env = { SSL_CERT_FILE: running.trust.certificateFile };
        const args = ['auth', 'login', '--username', 'alice', '--password-stdin', running.privately];
        expect((await crane.run(args, { env, input: password })).status).toBe(0);
        expect(namedIn((await crane.must(['catalog', running.privately], { env })).stdout)).toEqual(own);
      });
    });

    needs('regctl')('regctl repo ls', () => {
      test('lists what the user may pull', async () => {
        const regctl = await regctlClient();
        const env = { SSL_CERT_FILE: running.trust.certificateFile };
        const args = ['registry', 'login', running.privately, '--user', 'alice', '--pass-stdin'];
        expect((await regctl.run(args, { env, input: password })).status).toBe(0);
        expect(namedIn((await regctl.must(['repo', 'ls', running.privately], { env })).stdout)).toEqual(own);
      });
    });

    needs('oras')('oras repo ls', () => {
      test('lists what the user may pull', async () => {
        const oras = await orasClient();
        const tls = ['--plain-http=false', '--ca-file', running.trust.certificateFile];
        const args = ['login', running.privately, '--username', 'alice', '--password-stdin', ...tls];
        expect((await oras.run(args, { input: password })).status).toBe(0);
        expect(namedIn((await oras.must(['repo', 'ls', ...tls, running.privately])).stdout)).toEqual(own);
      });
    });

    needs('podman')('podman search', () => {
      test('lists what is public without a login, and what the user may pull after it', async () => {
        const podman = await podmanClient();
        // podman search has no option for a certificate.
        const tls = ['--tls-verify=false'];
        const search = async (host: string) =>
          namedIn((await podman.must(['search', ...tls, '--format', '{{.Name}}', `${host}/`])).stdout);
        expect(await search(running.publicly)).toEqual(repositories);
        expect((await podman.login(running.privately, 'alice', password, ...tls)).status).toBe(0);
        expect(await search(running.privately)).toEqual(own);
      });
    });
  });
}
