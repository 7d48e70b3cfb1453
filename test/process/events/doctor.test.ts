import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../../src/doctor/finding.ts';
import { startServe, type DockpassServer } from '../../support/dockpass/dockpass.ts';
import { createPusher } from '../../support/registry/push.ts';
import {
  registryPart,
  startRegistry,
  type Registry,
  type RegistryVersion,
} from '../../support/registry/registry.ts';
import { needs } from '../../support/run/parts.ts';
import { freePort } from '../../support/run/ports.ts';
import { eventsSecret as secret } from '../../support/usage/event-stream.ts';

/** What differs from a registry that sends its events as docs/usage.md says. */
interface Change {
  readonly url?: string;
  readonly authorization?: string;
  readonly ignore?: object;
  readonly endpoints?: readonly object[];
  readonly deletes?: boolean;
  readonly debug?: boolean;
}

needs(registryPart('2.8'), registryPart('3.1'))('dockpass doctor and the events of a registry', () => {
  let server: DockpassServer;
  let eventsPort: number;
  beforeAll(() => startDockpass({}));

  async function startDockpass(config: object): Promise<void> {
    eventsPort = await freePort();
    const events = { listen: `127.0.0.1:${eventsPort}`, secret };
    server = await startServe({ config: { events, ...config } });
  }

  async function startSending(version: RegistryVersion, change: Change = {}): Promise<Registry> {
    const [port, debug] = [await freePort(), await freePort()];
    const endpoint = {
      name: 'dockpass',
      url: change.url ?? `http://127.0.0.1:${eventsPort}/events`,
      headers: { Authorization: [change.authorization ?? `Bearer ${secret}`] },
      ...{ timeout: '1s', threshold: 3, backoff: '1s' },
      ignore: change.ignore ?? { mediatypes: ['application/octet-stream'] },
    };
    const token = {
      ...{ service: 'registry', issuer: 'dockpass', autoredirect: true },
      rootcertbundle: join(server.directory, 'keys', 'rootcertbundle.pem'),
      realm: 'https://localhost:5001/auth/token',
    };
    return startRegistry(version, {
      port,
      config: {
        version: '0.1',
        log: { level: 'error', accesslog: { disabled: true } },
        storage: { filesystem: { rootdirectory: '' }, delete: { enabled: change.deletes ?? true } },
        http: {
          ...{ addr: '', relativeurls: true },
          ...(change.debug === true && { debug: { addr: `127.0.0.1:${debug}` } }),
        },
        auth: { token },
        notifications: { endpoints: change.endpoints ?? [endpoint] },
      },
    });
  }

  /** Returns the findings about events. */
  async function doctor(
    registry: Registry,
    env: Readonly<Record<string, string>> = {},
    ...args: readonly string[]
  ): Promise<readonly Finding[]> {
    const command = ['doctor', '--json', '--registry', registry.url];
    const ran = await server.cli([...command, '--registry-config', registry.configFile, ...args], { env });
    expect(ran.stdout + ran.stderr).not.toContain(secret);
    const findings = JSON.parse(ran.stdout) as Finding[];
    return findings.filter(({ code }) => code.startsWith('events_'));
  }

  describe.each(['2.8', '3.1'] as const)('registry %s', (version) => {
    test('finds nothing if an event arrives, and counts nothing', async () => {
      expect(await doctor(await startSending(version))).toEqual([]);
      expect((await server.must(['usage', '--json'])).stdout).not.toContain('dockpass-doctor');
    });

    test('finds nothing if an event arrives and deletion is off, and counts nothing', async () => {
      const registry = await startSending(version, { deletes: false });
      const pusher = await createPusher(server, registry);
      await pusher.image('app', { layer: version }, version);
      expect(await doctor(registry)).toEqual([]);
      const usage = JSON.parse((await server.must(['usage', `app:${version}`, '--json'])).stdout) as object[];
      expect(usage).toMatchObject([{ pulls: 0, lastPulledAt: null, pushes: 1 }]);
    });

    test('says how many events wait, if the registry has a debug server', async () => {
      const registry = await startSending(version, { url: 'http://127.0.0.1:1/events', debug: true });
      await expect
        .poll(async () => (await doctor(registry))[0]?.problem, { timeout: 20_000 })
        .toMatch(/\d+ events wait in its memory\. It sends events to http:\/\/127\.0\.0\.1:1\/events/);
      // The file was corrected, but the registry was not restarted.
      const text = await readFile(registry.configFile, 'utf8');
      await writeFile(registry.configFile, text.replace('127.0.0.1:1/', `127.0.0.1:${eventsPort}/`));
      const [finding] = await doctor(registry);
      expect(finding).toMatchObject({
        code: 'events_wrong_url',
        fix: expect.stringMatching(/^Restart the registry/) as string,
      });
    });
  });

  test.each<[fault: string, code: string, change: () => Change, said: string]>([
    ['the registry has no endpoint', 'events_not_configured', () => ({ endpoints: [] }), 'has no endpoint'],
    [
      'the secret is wrong',
      'events_wrong_secret',
      () => ({ authorization: 'Bearer another-secret' }),
      'rejects the secret',
    ],
    [
      'the path is wrong',
      'events_wrong_url',
      () => ({ url: `http://127.0.0.1:${eventsPort}/event` }),
      'the answer is 404',
    ],
    [
      'the URL is that of a closed port',
      'events_wrong_url',
      () => ({ url: 'http://127.0.0.1:1/events' }),
      'no server answers',
    ],
    ['events about layers are sent', 'events_of_layers', () => ({ ignore: {} }), 'events about layers'],
  ])('finds that %s', async (_, code, change, said) => {
    expect(await doctor(await startSending('3.1', change()))).toEqual([
      expect.objectContaining({ code, problem: expect.stringContaining(said) as string }),
    ]);
  });

  test('finds nothing with --read-only, and pushes nothing', async () => {
    const registry = await startSending('3.1', { endpoints: [] });
    expect(await doctor(registry, {}, '--read-only')).toEqual([]);
  });

  describe('the events that arrived', () => {
    let registry: Registry;
    beforeAll(async () => {
      await startDockpass({ up: { privateDomains: ['registry.example.com'] } });
      registry = await startSending('3.1');
    });

    /** Sends an event as a registry does. */
    async function post(id: string, host: string, secondsAgo: number): Promise<void> {
      const event = {
        ...{ id, action: 'pull', timestamp: new Date(Date.now() - secondsAgo * 1000).toISOString() },
        target: { repository: 'app', tag: 'v1', digest: 'sha256:a' },
        request: { host, method: 'GET', addr: '192.0.2.1' },
      };
      const answer = await fetch(`http://127.0.0.1:${eventsPort}/events`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${secret}` },
        body: JSON.stringify({ events: [event] }),
      });
      expect(answer.status).toBe(200);
    }

    test('finds a host that is no configured domain and no configured registry', async () => {
      await post('known domain', 'registry.example.com:5001', 0);
      await post('known registry', new URL(registry.url).host, 0);
      expect(await doctor(registry)).toEqual([]);
      await post('other', 'other.example.com', 0);
      expect(await doctor(registry)).toEqual([
        expect.objectContaining({
          code: 'events_unknown_registry',
          severity: 'warning',
          problem: expect.stringMatching(/^1 of the last \d+ events .*"other.example.com"/) as string,
        }),
      ]);
    });

    test('finds that events arrive late', async () => {
      await post('late', 'registry.example.com', 130);
      expect((await doctor(registry))[0]).toMatchObject({
        code: 'events_late',
        severity: 'warning',
        problem: expect.stringMatching(/up to 3 minutes\.$/) as string,
      });
    });

    test('finds that the server uses another secret', async () => {
      const env = { DOCKPASS_EVENTS_SECRET: `${secret}-new` };
      expect((await doctor(registry, env))[0]).toMatchObject({ code: 'events_listener', severity: 'wrong' });
    });

    test('finds that the server receives no events', async () => {
      const other = await startServe({ config: { events: { listen: `127.0.0.1:${await freePort()}` } } });
      const env = { DOCKPASS_EVENTS_SECRET: secret };
      const ran = await other.cli(['doctor', '--json', '--registry', registry.url], { env });
      expect(ran.stdout).toContain('"events_listener"');
    });
  });
});
