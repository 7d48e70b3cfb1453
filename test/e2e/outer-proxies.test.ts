import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { networkInterfaces } from 'node:os';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../src/doctor/finding.ts';
import { startUp, type DockpassUp } from '../support/dockpass/dockpass.ts';
import { outerProxyKinds, startOuterProxy } from '../support/edge/outer-proxies.ts';
import { exchange, rawRequest } from '../support/network/raw-http.ts';
import { until } from '../support/process/ready.ts';
import { needs, part } from '../support/run/parts.ts';
import { freePort } from '../support/run/ports.ts';
import { registryPart, registryVersions } from '../support/registry/registry.ts';
import { testAuthority, type ServerCertificate } from '../support/tls/tls.ts';

const password = 'correct horse battery staple';
/** An address of this machine that is not loopback. A client with this address is no proxy that the edge trusts. */
const outside = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
const forged = '203.0.113.66';

for (const [edge, version] of [
  ['caddy', '2.8'],
  ['nginx', '3.1'],
] as const) {
  needs(
    registryPart(version),
    edge,
    'openssl',
  )(`the ${edge} of \`dockpass up\` without TLS`, () => {
    let up: DockpassUp;
    let certificate: ServerCertificate;
    beforeAll(async () => {
      certificate = await (await testAuthority()).issue(['localhost']);
      up = await startUp({
        tls: false,
        args: ['--tls', 'off', '--registry', part(registryPart(version)), '--edge', part(edge)],
        env: { DOCKPASS_UP_PRIVATE_DOMAINS: 'localhost' },
      });
      await up.addUser('alice', password, 'admin');
    });

    /** Sends requests to the proxy. @returns for each path the address that the audit log shows */
    const addressesOf = async (
      port: number,
      paths: readonly string[],
      from: string,
    ): Promise<Readonly<Record<string, string>>> => {
      const pathOf = new Map(paths.map((path) => [`test/${port}${path}${from}`, path]));
      for (const [client, path] of pathOf) {
        const sent = request({
          host: '127.0.0.1',
          localAddress: from,
          port,
          path,
          agent: false,
          rejectUnauthorized: false,
          servername: 'localhost',
          auth: `alice:${password}`,
          headers: { Host: `localhost:${port}`, 'User-Agent': client, 'X-Forwarded-For': forged },
        });
        sent.end();
        const [answer] = (await once(sent, 'response')) as [IncomingMessage];
        answer.resume();
        expect(answer.statusCode).toBe(200);
      }
      // Audit events are written in batches, so the last ones may be missing for a moment.
      return until('the events of all requests', {}, async () => {
        const rows = JSON.parse((await up.must(['audit', '--json'])).stdout) as {
          client: string;
          address: string;
        }[];
        const seen = rows.flatMap(({ client, address }) => {
          const path = pathOf.get(client);
          return path === undefined ? [] : [[path, address] as const];
        });
        const addresses = Object.fromEntries(seen);
        return Object.keys(addresses).length === paths.length ? addresses : undefined;
      });
    };

    for (const kind of outerProxyKinds) {
      needs(kind)(`behind ${kind}, as docs/behind-a-tls-proxy.md shows it`, () => {
        test.skipIf(outside === undefined)(
          'records the address of the client, and no invented one',
          async () => {
            const port = await freePort();
            await startOuterProxy(kind, { port, edgePort: up.edgePort, certificate });
            const paths = ['/auth/token?service=registry', '/v2/_catalog'];
            expect(await addressesOf(port, paths, outside ?? '')).toEqual(
              Object.fromEntries(paths.map((path) => [path, outside])),
            );
          },
        );
      });
    }

    describe.runIf(edge === 'nginx')('behind an nginx that hides the clients', () => {
      const doctor = async (port: number, line: string): Promise<readonly Finding[]> => {
        await startOuterProxy('nginx', {
          port,
          edgePort: up.edgePort,
          certificate,
          // For the host localhost, the edge uses https only if the proxy says so.
          change: (text) =>
            text.replace(
              'proxy_set_header X-Forwarded-For $remote_addr;',
              `${line} proxy_set_header X-Forwarded-Proto https;`,
            ),
        });
        const ran = await up.cli(['doctor', '--json', '--edge', `https://127.0.0.1:${port}`], {
          env: { DOCKPASS_UP_TLS: 'off' },
        });
        return JSON.parse(ran.stdout) as Finding[];
      };

      test.skipIf(outside === undefined)('doctor finds it', async () => {
        const [finding] = (await doctor(await freePort(), 'proxy_set_header X-Forwarded-For "";')).filter(
          ({ code }) => code.startsWith('client_address'),
        );
        expect(finding).toMatchObject({ code: 'client_address_is_proxy', severity: 'wrong' });
        expect(finding?.problem).toContain('the audit log shows 127.0.0.1');
        expect(finding?.fix).toContain('proxy_set_header X-Forwarded-For $remote_addr;');
      });

      test.skipIf(outside === undefined)(
        'doctor finds that it passes on the header of the client',
        async () => {
          expect((await doctor(await freePort(), '')).map(({ code }) => code)).toContain(
            'client_address_believed',
          );
        },
      );

      test('doctor finds nothing wrong with the configuration of the page', async () => {
        const found = await doctor(await freePort(), 'proxy_set_header X-Forwarded-For $remote_addr;');
        expect(found.filter(({ severity }) => severity === 'wrong')).toEqual([]);
      });
    });
  });
}

for (const version of registryVersions) {
  for (const edge of ['nginx', 'caddy'] as const) {
    needs(registryPart(version), edge)(`registry ${version} behind ${edge}`, () => {
      test('answers a health check over HTTP/1.0 without Host as the registry does', async () => {
        const programs = ['--registry', part(registryPart(version)), '--edge', part(edge)];
        const up = await startUp({ tls: false, args: ['--tls', 'off', ...programs] });
        const ask = 'GET /v2/ HTTP/1.0\r\n\r\n';
        const [direct, through] = [await exchange(up.registryPort, ask), await exchange(up.edgePort, ask)];
        expect([direct?.status, through?.status]).toEqual([401, 401]);
        expect(through?.headers.get('www-authenticate')).toMatch(/^Bearer realm="http/);
        // HTTP/1.1 requires the Host header.
        expect((await exchange(up.edgePort, rawRequest('GET /v2/ HTTP/1.1', [])))?.status).toBe(400);
      });
    });
  }
}
