import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { dockerClient, type Client } from '../support/client/clients.ts';
import { startUp, type DockpassUp } from '../support/dockpass/dockpass.ts';
import { importImage } from '../support/registry/image.ts';
import { engineParts, needs, part } from '../support/run/parts.ts';

const password = 'correct horse battery';

/** Starts dockpass with plain HTTP on localhost: docker requires no certificate there, and registry 3.x uses http. */
async function startHttp(env: Readonly<Record<string, string>> = {}): Promise<DockpassUp> {
  const up = await startUp({
    tls: false,
    args: ['--tls', 'off', '--registry', part('registry-3.1'), '--edge', part('nginx')],
    env,
  });
  await up.addUser('alice', password);
  return up;
}

interface StoredLogin {
  readonly auth?: string;
  readonly identitytoken?: string;
}

async function storedIn(docker: Client, registry: string): Promise<StoredLogin> {
  const { auths } = JSON.parse(await readFile(docker.authFile, 'utf8')) as {
    auths: Record<string, StoredLogin>;
  };
  return auths[registry] ?? {};
}

/** Returns the password that docker stored, or an empty string if docker did not store it. */
function passwordIn({ auth = '' }: StoredLogin): string {
  return Buffer.from(auth, 'base64').toString().split(':').slice(1).join(':').replaceAll('\0', '');
}

/** Requests a token as a client does that reads only the user name and the password from docker's configuration. */
function askWithStored({ edgePort }: DockpassUp, { auth = '' }: StoredLogin): Promise<Response> {
  return fetch(`http://localhost:${edgePort}/auth/token?service=registry`, {
    headers: { Authorization: `Basic ${auth}` },
  });
}

needs(
  ...engineParts,
  'registry-3.1',
  'nginx',
)('docker’s identity token', () => {
  test('is stored instead of the password, works for pushes and pulls, and ends when it is revoked', async () => {
    const up = await startHttp();
    const docker = await dockerClient();
    const registry = `localhost:${up.edgePort}`;
    const image = `${registry}/team/app:1`;
    expect(await docker.login(registry, 'alice', password)).toMatchObject({ status: 0 });
    const stored = await storedIn(docker, registry);
    expect(stored.identitytoken).toMatch(/^dpi_/);
    expect(passwordIn(stored)).toBe('');
    // A client that does not read identity tokens sends what docker stored as user name and password.
    const answer = await askWithStored(up, stored);
    expect(answer.status).toBe(401);
    expect(await answer.text()).toMatch(/does not read identity tokens\..*dockpass token create/);

    await importImage(docker, image);
    await docker.must(['push', image]);
    await docker.must(['pull', image]);

    await up.must(['session', 'revoke', '--user', 'alice']);
    const refused = await docker.run(['push', image]);
    expect(refused.status).not.toBe(0);
    expect(refused.output).toContain(`this session has ended; log in again: docker login ${registry}`);
    expect(await docker.login(registry, 'alice', password)).toMatchObject({ status: 0 });
    await docker.must(['push', image]);

    const { stdout: accessToken } = await up.must(['token', 'create', 'laptop', '--user', 'alice']);
    expect(await docker.login(registry, 'alice', accessToken.trim())).toMatchObject({ status: 0 });
    const storedToken = await storedIn(docker, registry);
    expect([storedToken.identitytoken, passwordIn(storedToken)]).toEqual([undefined, accessToken.trim()]);
    expect((await askWithStored(up, storedToken)).status).toBe(200);
  });

  test('is not issued if tokens.refresh.enabled is false; docker then stores the password, which also works', async () => {
    const up = await startHttp({ DOCKPASS_TOKENS_REFRESH_ENABLED: 'false' });
    const docker = await dockerClient();
    const registry = `localhost:${up.edgePort}`;
    const image = `${registry}/team/app:1`;
    await docker.login(registry, 'alice', password);
    const stored = await storedIn(docker, registry);
    expect([stored.identitytoken, passwordIn(stored)]).toEqual([undefined, password]);
    await importImage(docker, image);
    await docker.must(['push', image]);
    await docker.must(['pull', image]);
  });
});
