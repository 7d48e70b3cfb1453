import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { craneClient, skopeoClient } from '../support/client/clients.ts';
import { openDoor, type Door } from '../support/edge/edge-process.ts';
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

// One registry-config.yml for every registry; what they are given beside it are the paths of this machine.

const password = 'correct horse battery staple';
const shipped = await readFile(join(repository, 'registry-config.yml'), 'utf8');
const publicly = { publicDomains: ['127.0.0.1'] };

function rootCertBundle(server: DockpassServer): string {
  return join(server.directory, 'keys', 'rootcertbundle.pem');
}

/** A token as a client gets it: without a login under the public name, with one under the private one. */
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
  )(`registry ${version} on the registry-config.yml that we ship`, () => {
    let server: DockpassServer;
    let registry: Registry;
    let authority: TestAuthority;
    let door: Door;
    beforeAll(async () => {
      server = await startServe({ config: publicly });
      await server.addUser('alice', password);
      authority = await testAuthority();
      registry = await startShippedRegistry(version, server);
      door = await openDoor('caddy', { authority, registry: registry.port, dockpass: server.port });
    });

    it('sends clients without a token to the host that they asked', async () => {
      const answer = await ask(registry, '/v2/');
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe(
        `Bearer realm="https://${registry.address}/auth/token",service="registry"`,
      );
    });

    it('takes a push by crane and serves it to skopeo, by digest the same', async () => {
      const image = await handMadeImage(100_000);
      const crane = await craneClient();
      const env = { SSL_CERT_FILE: authority.certificateFile };
      const name = `${door.localhost}/team/crane-app`;
      expect((await crane.login(door.localhost, 'alice', password)).status).toBe(0);
      await crane.must(['push', image.directory, `${name}:1`], { env });
      expect((await crane.must(['digest', `${name}:1`], { env })).stdout.trim()).toBe(image.manifestDigest);

      const anyone = await skopeoClient();
      const from = `docker://${door.loopback}/team/crane-app:1`;
      await anyone.must(['copy', '--src-cert-dir', authority.certificateDirectory, from, 'oci:got:1']);
      const layer = join(anyone.directory, 'got', 'blobs', 'sha256', image.layerDigest.slice(7));
      expect(
        createHash('sha256')
          .update(await readFile(layer))
          .digest('hex'),
      ).toBe(image.layerDigest.slice(7));
    });

    it('takes a push by skopeo and serves it to crane, who has not logged in', async () => {
      const image = await handMadeImage(100_000);
      const skopeo = await skopeoClient();
      const trust = ['--cert-dir', authority.certificateDirectory];
      expect((await skopeo.login(door.localhost, 'alice', password, ...trust)).status).toBe(0);
      await skopeo.must([
        ...['copy', '--dest-cert-dir', authority.certificateDirectory],
        ...[`oci:${image.directory}:latest`, `docker://${door.localhost}/team/skopeo-app:1`],
      ]);
      const crane = await craneClient();
      const env = { SSL_CERT_FILE: authority.certificateFile };
      const pulled = join(crane.directory, 'pulled.tar');
      await crane.must(['pull', `${door.loopback}/team/skopeo-app:1`, pulled], { env });
      const refused = await crane.run(['digest', `${door.localhost}/team/skopeo-app:1`], { env });
      expect(refused.status).not.toBe(0);
      expect(refused.output).toContain(`log in first: docker login ${door.localhost}`);
    });

    it('gets tokens with the claims that it reads, and no more', async () => {
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

    it('answers a token that holds too little with insufficient_scope', async () => {
      const token = await tokenFor(server, 'repository:team/app:pull');
      const answer = await ask(registry, '/v2/team/app/blobs/uploads/', token, 'POST');
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    });

    it('refuses a token whose signature was tampered with', async () => {
      const token = await tokenFor(server, 'repository:team/app:pull');
      const [header, payload = '', signature] = token.split('.');
      const more = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
        access: { actions: string[] }[];
      };
      more.access[0]?.actions.push('push');
      const forged = [header, Buffer.from(JSON.stringify(more)).toString('base64url'), signature].join('.');
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
      it('may name a fixed realm, without autoredirect', async () => {
        const server = await startServe({ config: publicly });
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

      it('may name both rootcertbundle and jwks', async () => {
        const server = await startServe({ config: publicly });
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
    const server = await startServe({ config: { ...publicly, keys: { mode: 'kid' } } });
    const token = await tokenFor(server, pull);
    expect(decodeProtectedHeader(token)).not.toHaveProperty('x5c');
    expect(Buffer.byteLength(token)).toBeLessThan(600);
    return { server, token };
  }

  for (const version of ['3.0', '3.1'] as const) {
    needs(registryPart(version))(`registry ${version}`, () => {
      it('takes the keys from jwks alone, without a rootcertbundle', async () => {
        const { server, token } = await shortTokens();
        const jwks = join(server.directory, 'keys', 'jwks.json');
        const registry = await startRegistry(version, { config: withToken({ jwks }, ['rootcertbundle']) });
        expect((await ask(registry, '/v2/', token)).status).toBe(200);
        expect((await ask(registry, '/v2/')).status).toBe(401);
      });
    });
  }

  needs('registry-2.8')('registry 2.8', () => {
    it('takes the key from the leaf that stands in the rootcertbundle', async () => {
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
  it('changes leaves under three registries that are never restarted, without one refused pull', async () => {
    const server = await startServe({ config: publicly });
    const registries = await Promise.all(
      registryVersions.map((version) => startShippedRegistry(version, server)),
    );
    const refused: string[] = [];
    const leaves = new Set<string>();
    const kept: string[] = [];
    /** Each time another name, so that no token is shared. Tokens of the leaves before are still about. */
    const pullOnce = async (count: number): Promise<void> => {
      const token = await tokenFor(server, `repository:team/app-${count}:pull`);
      const leaf = String(decodeProtectedHeader(token).kid);
      if (!leaves.has(leaf)) kept.push(token);
      leaves.add(leaf);
      for (const registry of registries) {
        for (const held of [token, ...kept]) {
          const answer = await ask(registry, '/v2/', held);
          if (answer.status !== 200) refused.push(`${registry.version}: ${answer.status} for ${leaf}`);
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
    expect(refused).toEqual([]);
  });
});
