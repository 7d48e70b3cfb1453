import { join } from 'node:path';
import { expect, test } from 'vitest';
import { craneClient } from '../support/client/clients.ts';
import { startServe } from '../support/dockpass/dockpass.ts';
import { openEdge } from '../support/edge/edge-process.ts';
import { handMadeImage } from '../support/registry/image.ts';
import { startZot } from '../support/registry/zot.ts';
import { registerSecret } from '../support/run/evidence.ts';
import { needs } from '../support/run/parts.ts';
import { freePort } from '../support/run/ports.ts';
import { temporaryDirectory } from '../support/run/temp.ts';
import { testAuthority } from '../support/tls/tls.ts';

const password = 'correct horse battery staple';
registerSecret(password);

// zot accepts only one key and one realm. So this test gives zot the leaf certificate, and uses only one domain.
for (const [program, algorithms] of [
  ['zot', ['RS256']],
  ['zot-2', ['ES256', 'RS256', 'EdDSA']],
] as const) {
  needs(
    program,
    'caddy',
    'crane',
    'openssl',
  )(`${program} in bearer mode, behind Caddy`, () => {
    test.each(algorithms)(
      'accepts a push and a pull with %s tokens of dockpass, and denies a push or pull without the right',
      async (algorithm) => {
        const server = await startServe({ config: { keys: { algorithm } } });
        await server.addUser('alice', password);
        await server.addUser('rita', password, 'reader');
        const authority = await testAuthority();
        const port = await freePort();
        const edge = await openEdge('caddy', { authority, registry: port, dockpass: server.port });
        await startZot(server, { program, port, edge: edge.localhost });

        const env = { SSL_CERT_FILE: authority.certificateFile };
        const image = await handMadeImage();
        const [alice, rita, anyone] = [await craneClient(), await craneClient(), await craneClient()];
        await alice.login(edge.localhost, 'alice', password);
        await rita.login(edge.localhost, 'rita', password);
        const name = `${edge.localhost}/team/app:1`;
        await alice.must(['push', image.directory, name], { env });
        expect((await rita.must(['digest', name], { env })).stdout.trim()).toBe(image.manifestDigest);
        await rita.must(['pull', name, join(await temporaryDirectory('pulled'), 'image.tar')], { env });
        const other = await handMadeImage();
        expect((await rita.run(['push', other.directory, name], { env })).status).not.toBe(0);
        expect((await anyone.run(['digest', name], { env })).status).not.toBe(0);
      },
    );
  });
}
