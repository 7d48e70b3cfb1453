import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { craneClient, skopeoClient } from '../support/client/clients.ts';
import { openEdge, type RunningEdge } from '../support/edge/edge-process.ts';
import { startServe, type DockpassServer } from '../support/dockpass/dockpass.ts';
import { repository } from '../support/run/environment.ts';
import { handMadeImage } from '../support/registry/image.ts';
import { needs } from '../support/run/parts.ts';
import { basic } from '../support/network/raw-http.ts';
import {
  registryPart,
  registryVersions,
  startRegistry,
  startShippedRegistry,
  type Registry,
} from '../support/registry/registry.ts';
import { testAuthority, type TestAuthority } from '../support/tls/tls.ts';

// Every registry version runs with the same registry-config.yml. Only the paths are adapted to this machine.

const password = 'correct horse battery staple';
const shipped = await readFile(join(repository, 'registry-config.yml'), 'utf8');
const publicConfig = { publicDomains: ['127.0.0.1'] };

function rootCertBundle(server: DockpassServer): string {
  return join(server.directory, 'keys', 'rootcertbundle.pem');
}

/** Requests a token as a client does: on the public domain without a login, or on the private domain as `user`. */
async function tokenFor(server: DockpassServer, scope: string, user?: string): Promise<string> {
  const host = user === undefined ? '127.0.0.1' : 'localhost';
  const url = `http://${host}:${server.port}/auth/token?service=registry&scope=${encodeURIComponent(scope)}`;
  const answer = await fetch(url, {
    headers: user === undefined ? {} : { Authorization: basic(user, password) },
  });
  const { token } = (await answer.json()) as { token?: string };
  if (token === undefined) throw new Error(`no token: ${answer.status}`);
  return token;
}

function ask(registry: Registry, path: string, token?: string, method = 'GET'): Promise<Response> {
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  return fetch(`${registry.url}${path}`, { method, headers });
}

for (const version of registryVersions) {
  needs(
    registryPart(version),
    'caddy',
    'crane',
    'skopeo',
    'openssl',
  )(`registry ${version} with the registry-config.yml of this repository`, () => {
    let server: DockpassServer;
    let registry: Registry;
    let authority: TestAuthority;
    let edge: RunningEdge;
    beforeAll(async () => {
      server = await startServe({ config: publicConfig });
      await server.addUser('alice', password);
      authority = await testAuthority();
      registry = await startShippedRegistry(version, server);
      edge = await openEdge('caddy', { authority, registry: registry.port, dockpass: server.port });
    });

    test('sends clients without a token to the token server on the host that they requested', async () => {
      const answer = await ask(registry, '/v2/');
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe(
        `Bearer realm="https://${registry.address}/auth/token",service="registry"`,
      );
    });

    test('accepts a push by crane and serves it to skopeo with the same digest', async () => {
      const image = await handMadeImage(100_000);
      const crane = await craneClient();
      const env = { SSL_CERT_FILE: authority.certificateFile };
      const name = `${edge.localhost}/team/crane-app`;
      expect((await crane.login(edge.localhost, 'alice', password)).status).toBe(0);
      await crane.must(['push', image.directory, `${name}:1`], { env });
      expect((await crane.must(['digest', `${name}:1`], { env })).stdout.trim()).toBe(image.manifestDigest);

      const anyone = await skopeoClient();
      const from = `docker://${edge.loopback}/team/crane-app:1`;
      await anyone.must(['copy', '--src-cert-dir', authority.certificateDirectory, from, 'oci:copy:1']);
      const layer = join(anyone.directory, 'copy', 'blobs', 'sha256', image.layerDigest.slice(7));
      expect(
        createHash('sha256')
          .update(await readFile(layer))
          .digest('hex'),
      ).toBe(image.layerDigest.slice(7));
    });

    test('accepts a push by skopeo and serves it to crane without a login', async () => {
      const image = await handMadeImage(100_000);
      const skopeo = await skopeoClient();
      const trust = ['--cert-dir', authority.certificateDirectory];
      expect((await skopeo.login(edge.localhost, 'alice', password, ...trust)).status).toBe(0);
      await skopeo.must([
        ...['copy', '--dest-cert-dir', authority.certificateDirectory],
        ...[`oci:${image.directory}:latest`, `docker://${edge.localhost}/team/skopeo-app:1`],
      ]);
      const crane = await craneClient();
      const env = { SSL_CERT_FILE: authority.certificateFile };
      const pulled = join(crane.directory, 'pulled.tar');
      await crane.must(['pull', `${edge.loopback}/team/skopeo-app:1`, pulled], { env });
      const refused = await crane.run(['digest', `${edge.localhost}/team/skopeo-app:1`], { env });
      expect(refused.status).not.toBe(0);
      expect(refused.output).toContain(`log in first: docker login ${edge.localhost}`);
    });

    test('gets tokens with only the claims that it reads', async () => {
      const token = await tokenFor(server, 'repository:team/app:pull,push,delete', 'alice');
      const now = Math.floor(Date.now() / 1000);
      const { exp = 0, iat = 0, nbf = 0, ...claims } = decodeJwt(token);
      expect(claims).toEqual({
        iss: 'dockpass',
        aud: 'registry',
        sub: expect.stringContaining('alice') as string,
        jti: expect.any(String) as string,
        access: [{ type: 'repository', name: 'team/app', actions: ['pull', 'push'] }],
      });
      for (const time of [exp, iat, nbf]) expect(Number.isInteger(time)).toBe(true);
      expect(iat).toBeLessThan(now);
      expect(nbf).toBe(iat);
      expect(exp).toBeGreaterThan(now + 3000);
      expect((await ask(registry, '/v2/', token)).status).toBe(200);
    });

    test('answers a token with too few rights with insufficient_scope', async () => {
      const token = await tokenFor(server, 'repository:team/app:pull');
      const answer = await ask(registry, '/v2/team/app/blobs/uploads/', token, 'POST');
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    });

    test('rejects a token whose payload was changed', async () => {
      const token = await tokenFor(server, 'repository:team/app:pull');
      const [header, payload = '', signature] = token.split('.');
      const edited = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
        access: { actions: string[] }[];
      };
      edited.access[0]?.actions.push('push');
      const forged = [header, Buffer.from(JSON.stringify(edited)).toString('base64url'), signature].join('.');
      expect((await ask(registry, '/v2/', forged)).status).toBe(401);
    });
  });
}

/** The shipped configuration with another auth.token section. */
function withToken(change: Readonly<Record<string, unknown>>, without: readonly string[] = []): string {
  const config = parse(shipped) as { auth: { token: Record<string, unknown> } };
  const token = Object.entries({ ...config.auth.token, ...change });
  config.auth.token = Object.fromEntries(token.filter(([key]) => !without.includes(key)));
  return stringify(config);
}

describe('the token section of the registry', () => {
  for (const version of registryVersions) {
    needs(registryPart(version))(`registry ${version}`, () => {
      test('can have a fixed realm without autoredirect', async () => {
        const server = await startServe({ config: publicConfig });
        const realm = 'https://registry.example.com/auth/token';
        const rootcertbundle = rootCertBundle(server);
        const registry = await startRegistry(version, {
          config: withToken({ realm, rootcertbundle, autoredirect: false }),
        });
        const refused = await ask(registry, '/v2/');
        expect(refused.headers.get('www-authenticate')).toBe(`Bearer realm="${realm}",service="registry"`);
        const token = await tokenFor(server, 'repository:team/app:pull');
        expect((await ask(registry, '/v2/', token)).status).toBe(200);
      });

      test('can have both rootcertbundle and jwks', async () => {
        const server = await startServe({ config: publicConfig });
        const jwks = join(server.directory, 'keys', 'jwks.json');
        const registry = await startRegistry(version, {
          config: withToken({ jwks, rootcertbundle: rootCertBundle(server) }),
        });
        const token = await tokenFor(server, 'repository:team/app:pull');
        expect((await ask(registry, '/v2/', token)).status).toBe(200);
      });
    });
  }
});

describe('keys.mode: kid', () => {
  const pull = 'repository:team/app:pull';

  async function shortTokens(): Promise<{ server: DockpassServer; token: string }> {
    const server = await startServe({ config: { ...publicConfig, keys: { mode: 'kid' } } });
    const token = await tokenFor(server, pull);
    expect(decodeProtectedHeader(token)).not.toHaveProperty('x5c');
    expect(Buffer.byteLength(token)).toBeLessThan(600);
    return { server, token };
  }

  for (const version of ['3.0', '3.1'] as const) {
    needs(registryPart(version))(`registry ${version}`, () => {
      test('reads the keys from jwks without a rootcertbundle', async () => {
        const { server, token } = await shortTokens();
        const jwks = join(server.directory, 'keys', 'jwks.json');
        const registry = await startRegistry(version, { config: withToken({ jwks }, ['rootcertbundle']) });
        expect((await ask(registry, '/v2/', token)).status).toBe(200);
        expect((await ask(registry, '/v2/')).status).toBe(401);
      });
    });
  }

  needs('registry-2.8')('registry 2.8', () => {
    test('reads the key from the leaf certificate in the rootcertbundle', async () => {
      const { server, token } = await shortTokens();
      const rootcertbundle = rootCertBundle(server);
      const registry = await startRegistry('2.8', { config: withToken({ rootcertbundle }) });
      expect((await ask(registry, '/v2/', token)).status).toBe(200);
      expect((await ask(registry, '/v2/')).status).toBe(401);
    });
  });
});

needs(
  'registry-2.8',
  'registry-3.0',
  'registry-3.1',
)('dockpass keys rotate', () => {
  test('replaces leaf certificates while three registries run, and none of them rejects a token', async () => {
    const server = await startServe({ config: publicConfig });
    const registries = await Promise.all(
      registryVersions.map((version) => startShippedRegistry(version, server)),
    );
    const rejected: string[] = [];
    const leaves = new Set<string>();
    const firstTokens: string[] = [];
    /**
     * Sends a new token to every registry, and the first token of each leaf certificate so far. Each token is for
     * another repository, so that the server does not share one token between requests.
     */
    const pullOnce = async (count: number): Promise<void> => {
      const token = await tokenFor(server, `repository:team/app-${count}:pull`);
      const leaf = String(decodeProtectedHeader(token).kid);
      if (!leaves.has(leaf)) firstTokens.push(token);
      leaves.add(leaf);
      for (const registry of registries) {
        for (const sent of [token, ...firstTokens]) {
          const answer = await ask(registry, '/v2/', sent);
          if (answer.status !== 200) rejected.push(`${registry.version}: ${answer.status} for ${leaf}`);
        }
      }
    };
    let count = 0;
    for (const wanted of [2, 3]) {
      const rotated = server.must(['keys', 'rotate']);
      while (leaves.size < wanted) await pullOnce((count += 1));
      await rotated;
    }
    for (const last = count + 20; count < last;) await pullOnce((count += 1));
    expect(rejected).toEqual([]);
  });
});
