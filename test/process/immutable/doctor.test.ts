import { beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../../src/doctor/finding.ts';
import { startServe, type DockpassServer } from '../../support/dockpass/dockpass.ts';
import { openEdge } from '../../support/edge/edge-process.ts';
import { startShippedRegistry } from '../../support/registry/registry.ts';
import { needs } from '../../support/run/parts.ts';
import { freePort } from '../../support/run/ports.ts';

needs('registry-3.1', 'nginx')('dockpass doctor, with immutable tags', () => {
  describe.each([true, false])('if deletion in the registry is %s', (deletes) => {
    let server: DockpassServer;
    let registryPort: number;
    beforeAll(async () => {
      registryPort = await freePort();
      const registry = `http://127.0.0.1:${registryPort}`;
      server = await startServe({
        config: {
          registries: [registry],
          immutableTags: ['release/**:v*'],
          up: { privateDomains: ['localhost'] },
        },
      });
      const env = { REGISTRY_STORAGE_DELETE_ENABLED: String(deletes) };
      await startShippedRegistry('3.1', server, env, registryPort);
    });

    const diagnose = async (immutableTags: boolean): Promise<Finding[]> => {
      const { port } = await openEdge('nginx', {
        registry: registryPort,
        dockpass: server.port,
        immutableTags,
      });
      const ran = await server.cli(['doctor', '--json', '--edge', `http://localhost:${port}`]);
      return JSON.parse(ran.stdout) as Finding[];
    };

    test('names an edge that does not send manifests to dockpass', async () => {
      const findings = await diagnose(false);
      expect(findings.map(({ code }) => code)).toContain('tags_not_protected');
      const { problem, severity } = findings.find(({ code }) => code === 'tags_not_protected') ?? {};
      expect(severity).toBe('wrong');
      expect(problem).toMatch(deletes ? /pushed twice/ : /does not send the manifests of pushes to dockpass/);
    });

    test('finds no fault in an edge that does', async () => {
      expect((await diagnose(true)).map(({ code }) => code)).not.toContain('tags_not_protected');
    });

    test.runIf(deletes)('leaves no tag behind', async () => {
      const tags = await server.cli(['repo', 'tags', 'dockpass-doctor/scratch', '--json']);
      expect(tags.stdout).not.toContain('immutable-');
    });
  });
});
