import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startAcmeAuthority } from '../support/registry/acme-authority.ts';
import { craneClient } from '../support/client/clients.ts';
import { startUp } from '../support/dockpass/dockpass.ts';
import { hosts } from '../support/run/hosts.ts';
import { handMadeImage } from '../support/registry/image.ts';
import { pageBlock } from '../support/docs/page-block.ts';
import { needs, part } from '../support/run/parts.ts';
import { untilHttp } from '../support/process/ready.ts';

// Applies the configuration from docs/acme.md with a local ACME server.

const password = 'correct horse battery staple';

needs(
  'registry-3.1',
  'caddy',
  'pebble',
  'crane',
  'curl',
  'openssl',
  'host-names',
  'web-ports',
)('certificates from an ACME server', () => {
  test('are issued for every configured domain, and clients that trust the CA can push and pull', async () => {
    const authority = await startAcmeAuthority();
    const up = await startUp({
      config: await pageBlock('docs/acme.md', 'yaml', [
        ['pull.example.com', hosts.public],
        ['registry.example.com', hosts.private],
        ['https://ca.example.com/acme/directory', authority.url],
      ]),
      args: ['--registry', part('registry-3.1'), '--edge', part('caddy')],
      env: { SSL_CERT_FILE: authority.trustFile },
      edge: { port: 443, name: hosts.private },
    });
    await untilHttp(`https://${hosts.public}/v2/`, { part: up.process, status: 401 });
    await up.addUser('alice', password);
    const root = join(up.directory, 'root.pem');
    await writeFile(root, await authority.root());
    const env = { SSL_CERT_FILE: root };
    const [alice, anyone] = [await craneClient(), await craneClient()];
    await alice.login(hosts.private, 'alice', password);
    const { directory, manifestDigest } = await handMadeImage();
    await alice.must(['push', directory, `${hosts.private}/team/app:1`], { env });
    const pulled = await anyone.must(['digest', `${hosts.public}/team/app:1`], { env });
    expect(pulled.stdout.trim()).toBe(manifestDigest);
    expect(await up.process.stop()).toMatchObject({ status: 0, leftBehind: [] });
  });
});
