import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repository } from '../../support/run/environment.ts';
import { needs, part } from '../../support/run/parts.ts';
import { mustRun } from '../../support/process/run.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

// The compose file, read by compose itself. That it works: test/e2e/compose.test.ts.

interface Service {
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly user: string;
  readonly deploy?: { readonly replicas: number };
  readonly environment?: Readonly<Record<string, string>>;
}

async function config(env: Record<string, string> = {}): Promise<Record<string, Service>> {
  const directory = await temporaryDirectory('compose');
  await cp(join(repository, 'deploy/compose/compose.yaml'), join(directory, 'docker-compose.yml'));
  const { stdout } = await mustRun(part('docker-compose'), ['config'], { cwd: directory, env });
  return (parse(stdout) as { services: Record<string, Service> }).services;
}

needs('docker-compose')('deploy/compose/compose.yaml', () => {
  let services: Record<string, Service>;
  beforeAll(async () => {
    services = await config();
  }, 60_000);

  it('is what compose takes, with as many token servers as are asked for', async () => {
    expect(Object.keys(services).sort()).toEqual(['dockpass', 'edge', 'postgres', 'registry', 'volumes']);
    expect((await config({ DOCKPASS_REPLICAS: '5' }))['dockpass']?.deploy?.replicas).toBe(5);
  });

  it('runs nothing as root that stays, and writes to no root file system', async () => {
    for (const [name, service] of Object.entries(services)) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
      expect(service.user, name).toMatch(name === 'volumes' ? /^0:/ : /^[1-9]/);
    }
  });

  it('holds no secret: every one is a file', async () => {
    for (const { environment = {} } of Object.values(services))
      for (const [name, value] of Object.entries(environment))
        if (/PASSWORD|SECRET/.test(name))
          expect([name, value.startsWith('/run/secrets/')]).toEqual([
            expect.stringMatching(/_FILE$/) as unknown,
            true,
          ]);
  });
});
