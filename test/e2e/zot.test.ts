import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeLeafOf } from '../support/machine/doctor-faults.ts';
import { craneClient } from '../support/client/clients.ts';
import { openEdge } from '../support/edge/edge-process.ts';
import { startServe } from '../support/dockpass/dockpass.ts';
import { handMadeImage } from '../support/registry/image.ts';
import { needs, part } from '../support/run/parts.ts';
import { freePort } from '../support/run/ports.ts';
import { start } from '../support/process/process.ts';
import { untilPort } from '../support/process/ready.ts';
import { temporaryDirectory } from '../support/run/temp.ts';
import { testAuthority } from '../support/tls/tls.ts';

const password = 'correct horse battery staple';

// zot accepts only one RSA key and one realm. So this test signs with RS256, gives zot the leaf certificate, and uses
// only one domain.
needs(
  'zot',
  'caddy',
  'crane',
  'openssl',
)('zot 1.4 in bearer mode, behind Caddy', () => {
  test('accepts a push and a pull with tokens of dockpass, and denies a push or pull without the right', async () => {
    const server = await startServe({ config: { keys: { algorithm: 'RS256' } } });
    await server.addUser('alice', password);
    await server.addUser('rita', password, 'reader');
    const authority = await testAuthority();
    const directory = await temporaryDirectory('zot');
    const registry = await freePort();
    const edge = await openEdge('caddy', { authority, registry, dockpass: server.port });
    const bearer = {
      realm: `https://${edge.localhost}/auth/token`,
      service: 'registry',
      cert: await writeLeafOf(server, directory),
    };
    const config = join(directory, 'zot.json');
    await writeFile(
      config,
      JSON.stringify({
        storage: { rootDirectory: join(directory, 'images') },
        http: { address: '127.0.0.1', port: String(registry), auth: { bearer } },
        log: { level: 'error' },
      }),
    );
    const zot = await start(part('zot'), ['serve', config], { cwd: directory, name: 'zot' });
    await untilPort(registry, { part: zot });

    const env = { SSL_CERT_FILE: authority.certificateFile };
    const image = await handMadeImage();
    const [alice, rita, anyone] = [await craneClient(), await craneClient(), await craneClient()];
    await alice.login(edge.localhost, 'alice', password);
    await rita.login(edge.localhost, 'rita', password);
    const name = `${edge.localhost}/team/app:1`;
    await alice.must(['push', image.directory, name], { env });
    expect((await rita.must(['digest', name], { env })).stdout.trim()).toBe(image.manifestDigest);
    await rita.must(['pull', name, join(directory, 'pulled.tar')], { env });
    const other = await handMadeImage();
    expect((await rita.run(['push', other.directory, name], { env })).status).not.toBe(0);
    expect((await anyone.run(['digest', name], { env })).status).not.toBe(0);
  });
});
