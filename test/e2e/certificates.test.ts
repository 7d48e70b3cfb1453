import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { startUp, type DockpassUp } from '../support/dockpass/dockpass.ts';
import { atAnotherTime } from '../support/process/faketime.ts';
import { needs, part } from '../support/run/parts.ts';
import { basic } from '../support/network/raw-http.ts';
import { until } from '../support/process/ready.ts';
import { temporaryDirectory } from '../support/run/temp.ts';
import { testAuthority, type ServerCertificate } from '../support/tls/tls.ts';

// How `dockpass up`, while it runs, loads a changed certificate and renews one that expires soon.

const password = 'correct horse battery staple';

async function servedBy(up: DockpassUp): Promise<X509Certificate> {
  const socket = connect({ host: '127.0.0.1', port: up.edgePort, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  if (certificate === undefined) throw new Error('the edge presented no certificate');
  return certificate;
}

async function untilServed(up: DockpassUp, { certificate }: ServerCertificate): Promise<void> {
  const wanted = new X509Certificate(certificate).fingerprint256;
  await until('the new certificate', { part: up.process }, async () =>
    (await servedBy(up)).fingerprint256 === wanted ? true : undefined,
  );
}

async function readiness(up: DockpassUp): Promise<string> {
  return await (await fetch(`${up.operationsUrl}/readyz`)).text();
}

/** Uploads the first half of a layer. @returns a function that sends the second half in the same request */
async function uploadHalf(up: DockpassUp): Promise<() => Promise<number | undefined>> {
  const at = { host: '127.0.0.1', port: up.edgePort, rejectUnauthorized: false, agent: false };
  const headers = { Host: `localhost:${up.edgePort}`, Authorization: basic('alice', password) };
  const begun = request({ ...at, headers, method: 'POST', path: '/v2/team/app/blobs/uploads/' }).end();
  const [{ headers: answered }] = (await once(begun, 'response')) as [IncomingMessage];
  const path = answered.location ?? '';
  const upload = request({ ...at, headers, method: 'PATCH', path });
  await new Promise((resolve) => upload.write(Buffer.alloc(200_000), resolve));
  return async () => {
    upload.end(Buffer.alloc(200_000));
    const [answer] = (await once(upload, 'response')) as [IncomingMessage];
    expect(answer.headers.range).toBe('0-399999');
    return answer.statusCode;
  };
}

describe.each(['caddy', 'nginx'] as const)('dockpass up --tls CERTIFICATE,KEY behind %s', (edge) => {
  needs(
    'registry-3.1',
    edge,
    'openssl',
  )('while it runs', () => {
    test('reloads a changed certificate automatically and on SIGHUP, keeps open requests, and waits for the matching key', async () => {
      const authority = await testAuthority();
      const directory = await temporaryDirectory('certificate');
      const [certificate, key] = [join(directory, 'tls.crt'), join(directory, 'tls.key')];
      const [first, second, third] = [
        await authority.issue(['localhost']),
        await authority.issue(['localhost']),
        await authority.issue(['localhost']),
      ];
      const put = async (pair: ServerCertificate): Promise<void> => {
        await copyFile(pair.certificateFile, certificate);
        await copyFile(pair.keyFile, key);
      };
      await put(first);
      const parts = ['--registry', part('registry-3.1'), '--edge', part(edge)];
      const up = await startUp({ args: [...parts, '--tls', `${certificate},${key}`] });
      await up.addUser('alice', password);
      await untilServed(up, first);
      const finish = await uploadHalf(up);

      await copyFile(second.certificateFile, certificate);
      await up.process.line(/does not belong to.*the edge did not load the changed certificate/);
      await until('the warning tls_not_renewed', {}, async () =>
        (await readiness(up)).includes('tls_not_renewed') ? true : undefined,
      );
      expect(await readiness(up)).toContain('"status":"degraded"');
      await untilServed(up, first);

      await copyFile(second.keyFile, key);
      await untilServed(up, second);
      await put(third);
      up.process.signal('SIGHUP');
      await untilServed(up, third);
      await until('the warning to disappear', {}, async () =>
        (await readiness(up)).includes('tls_not_renewed') ? undefined : true,
      );
      expect(await finish()).toBe(202);
      expect(await up.process.stop()).toMatchObject({ status: 0, leftBehind: [] });
    });
  });
});

needs(
  'registry-3.1',
  'caddy',
  'faketime',
)('a certificate that `dockpass up` issued', () => {
  test('is renewed before it expires while `dockpass up` runs', async () => {
    const clock = join(await temporaryDirectory('clock'), 'offset');
    await writeFile(clock, '+0d');
    const { LD_PRELOAD = '' } = await atAnotherTime('+0d');
    const up = await startUp({
      args: ['--registry', part('registry-3.1'), '--edge', part('caddy')],
      env: {
        LD_PRELOAD,
        FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_CACHE_DURATION: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    });
    const before = await servedBy(up);
    await writeFile(clock, '+780d');
    await until('a certificate that expires later', { timeout: 100_000, part: up.process }, async () =>
      (await servedBy(up)).validToDate > before.validToDate ? true : undefined,
    );
    const authority = new X509Certificate(await readFile(join(up.directory, 'data/up/tls/ca.crt')));
    expect((await servedBy(up)).verify(authority.publicKey)).toBe(true);
  });
});
