import { connect, type PeerCertificate } from 'node:tls';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { curlClient } from '../support/client/clients.ts';
import { startUp, type DockpassUp } from '../support/dockpass/dockpass.ts';
import { needs, part } from '../support/run/parts.ts';
import { until } from '../support/process/ready.ts';

// How `dockpass up` applies changes of dockpass.yml while it runs.

/** Starts an upload, which is the first request of a push. */
async function beginUpload(up: DockpassUp, host: string): Promise<string> {
  const curl = await curlClient();
  const url = `https://${host}:${up.edgePort}/v2/team/app/blobs/uploads/`;
  return (await curl.must(['--insecure', '--request', 'POST', '--write-out', ' %{http_code}', url])).stdout;
}

async function certificateOf(up: DockpassUp): Promise<PeerCertificate> {
  const socket = connect({ host: '127.0.0.1', port: up.edgePort, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerCertificate();
  socket.destroy();
  return certificate;
}

for (const edge of ['caddy', 'nginx'] as const) {
  needs(
    'registry-3.1',
    edge,
    'curl',
  )(`behind ${edge}`, () => {
    test('applies a changed public domain to the edge and its certificate; settings of the registry require a restart', async () => {
      const up = await startUp({
        config: { publicDomains: ['127.0.0.1'] },
        args: ['--registry', part('registry-3.1'), '--edge', part(edge)],
      });
      expect(await beginUpload(up, '127.0.0.1')).toMatch(/127\.0\.0\.1:\d+ only serves pulls.* 403$/);
      expect(await beginUpload(up, 'localhost')).toMatch(/ 401$/);

      const changed = { publicDomains: ['localhost', 'new.example.com'], service: 'other' };
      await writeFile(join(up.directory, 'dockpass.yml'), stringify(changed));
      await up.process.line(/the edge has loaded the changed configuration/);
      await until('localhost to become a public domain', {}, async () =>
        (await beginUpload(up, 'localhost')).endsWith(' 403') ? true : undefined,
      );
      expect(await beginUpload(up, '127.0.0.1')).toMatch(/ 401$/);
      expect((await certificateOf(up)).subjectaltname).toContain('DNS:new.example.com');
      expect(up.process.output()).toContain('restart required to apply: service');
      const anyone = await curlClient();
      const token = `https://localhost:${up.edgePort}/auth/token?service=registry&scope=repository:a:pull`;
      await anyone.must(['--insecure', '--fail', token]);
      expect(await up.process.stop()).toMatchObject({ status: 0, leftBehind: [] });
    });
  });
}
