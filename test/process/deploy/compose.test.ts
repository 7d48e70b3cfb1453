import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { repository } from '../../support/run/environment.ts';
import { needs, part } from '../../support/run/parts.ts';
import { mustRun } from '../../support/process/run.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

// Checks the compose file with docker-compose. test/e2e/compose.test.ts checks that it works.

interface Service {
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly user: string;
  readonly deploy?: { readonly replicas: number };
  readonly environment?: Readonly<Record<string, string>>;
}

const eventsSecret = 'test-secret-of-the-compose-file';

async function config(env: Record<string, string> = {}): Promise<Record<string, Service>> {
  const directory = await temporaryDirectory('compose');
  await cp(join(repository, 'deploy/compose/compose.yaml'), join(directory, 'docker-compose.yml'));
  const { stdout } = await mustRun(part('docker-compose'), ['config'], {
    cwd: directory,
    env: { EVENTS_SECRET: eventsSecret, ...env },
  });
  return (parse(stdout) as { services: Record<string, Service> }).services;
}

needs('docker-compose')('deploy/compose/compose.yaml', () => {
  let services: Record<string, Service>;
  beforeAll(async () => {
    services = await config();
  });

  test('is valid for docker-compose, with the configured number of token servers', async () => {
    expect(Object.keys(services).sort()).toEqual(['dockpass', 'edge', 'postgres', 'registry', 'volumes']);
    expect((await config({ DOCKPASS_REPLICAS: '5' }))['dockpass']?.deploy?.replicas).toBe(5);
  });

  test('makes the registry send its events to dockpass, with a secret', () => {
    expect(services['dockpass']?.environment).toMatchObject({
      DOCKPASS_REGISTRIES: 'http://registry:5000',
      DOCKPASS_EVENTS_LISTEN: '0.0.0.0:5004',
      DOCKPASS_EVENTS_SECRET_FILE: '/run/secrets/events_secret',
    });
    const endpoints: unknown = parse(
      services['registry']?.environment?.['REGISTRY_NOTIFICATIONS_ENDPOINTS'] ?? '',
    );
    expect(endpoints).toMatchObject([
      {
        url: 'http://dockpass:5004/events',
        headers: { Authorization: [`Bearer ${eventsSecret}`] },
        ignore: { mediatypes: ['application/octet-stream'] },
      },
    ]);
  });

  test('runs no service as root, and all root file systems are read-only', async () => {
    for (const [name, service] of Object.entries(services)) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
      expect(service.user, name).toMatch(name === 'volumes' ? /^0:/ : /^[1-9]/);
    }
  });

  test('gives dockpass a role of its own, which is no superuser', () => {
    const superuser = services['postgres']?.environment?.['POSTGRES_USER'];
    expect(superuser).toBe('postgres');
    expect(services['dockpass']?.environment?.['DOCKPASS_DATABASE']).toBe(
      'postgres://dockpass@postgres:5432/dockpass',
    );
  });

  test('contains no secret; each one is read from a file', async () => {
    for (const { environment = {} } of Object.values(services))
      for (const [name, value] of Object.entries(environment))
        if (/PASSWORD|SECRET/.test(name))
          expect([name, value.startsWith('/run/secrets/')]).toEqual([
            expect.stringMatching(/_FILE$/) as unknown,
            true,
          ]);
  });
});
