import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { repository } from '../../support/run/environment.ts';
import { needs, part } from '../../support/run/parts.ts';
import { openRecipe } from '../../support/docs/recipe.ts';
import { mustRun, run, type Ran } from '../../support/process/run.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

// Checks the chart with helm, and with the schemas of the oldest and the newest supported Kubernetes.

const chart = join(repository, 'deploy/helm/dockpass');
const kubernetes = ['1.25', '1.37'] as const;

const secrets = { database: { existingSecret: 'the-database' }, keys: { existingSecret: 'the-keys' } };
const valueSets = {
  'by default': secrets,
  'one of each, no registry': {
    ...secrets,
    replicas: 1,
    edge: { replicas: 1 },
    registry: { enabled: false },
    networkPolicy: { enabled: false },
  },
  'behind an Ingress': {
    ...secrets,
    settings: { publicDomains: ['pull.example.com'] },
    edge: { outerProxies: ['10.0.0.0/8', 'fd00::/8'] },
    ingress: {
      enabled: true,
      className: 'nginx',
      annotations: { 'nginx.ingress.kubernetes.io/proxy-body-size': '0' },
      hosts: ['registry.example.com', 'pull.example.com'],
      tls: [{ hosts: ['registry.example.com', 'pull.example.com'], secretName: 'tls' }],
    },
  },
  'every value set': {
    ...secrets,
    replicas: 5,
    image: { repository: 'images.example.com/dockpass', tag: '1.2.3', pullPolicy: 'Always' },
    imagePullSecrets: [{ name: 'images' }],
    resources: { limits: { cpu: '2', memory: '1Gi' } },
    nodeSelector: { zone: 'a' },
    tolerations: [{ key: 'dedicated', operator: 'Exists' }],
    podAnnotations: { 'prometheus.io/scrape': 'true' },
    podDisruptionBudget: { minAvailable: '50%' },
    registry: {
      trust: { existingConfigMap: 'trust' },
      persistence: { existingClaim: 'images', storageClass: 'fast', size: '1Ti' },
      env: [{ name: 'REGISTRY_STORAGE', value: 's3' }],
    },
    edge: { tls: { existingSecret: 'tls' }, service: { type: 'LoadBalancer', annotations: { a: 'b' } } },
  },
} as const;

async function template(values: unknown): Promise<Ran> {
  const file = join(await temporaryDirectory('values'), 'values.yaml');
  await writeFile(file, stringify(values));
  // A helm from `go install` assumes a very old cluster by default.
  const words = ['template', 'images', chart, '--kube-version', '1.33.0', '--values', file];
  return run(part('helm'), words, { cwd: await temporaryDirectory('helm') });
}

interface Container {
  readonly image: string;
  readonly securityContext: unknown;
  readonly readinessProbe: unknown;
  readonly livenessProbe: unknown;
}

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: {
      readonly spec: { readonly securityContext: unknown; readonly containers: readonly Container[] };
    };
  };
  readonly data?: Readonly<Record<string, string>>;
}

async function resources(values: unknown): Promise<Resource[]> {
  const { stdout } = await template(values);
  return parseAllDocuments(stdout).map((document) => document.toJS() as Resource);
}

needs('helm')('the chart', () => {
  test('passes helm lint', async () => {
    const { output } = await mustRun(part('helm'), ['lint', '--strict', chart]);
    expect(output).toContain('0 chart(s) failed');
    expect(output).not.toMatch(/\[(WARNING|ERROR)\]/);
  });

  test('runs nothing as root, has read-only root file systems, and a probe for each container', async () => {
    const deployments = (await resources(valueSets['every value set'])).filter(
      ({ kind }) => kind === 'Deployment',
    );
    expect(deployments.map(({ metadata }) => metadata.name).sort()).toEqual([
      'images-dockpass',
      'images-dockpass-edge',
      'images-dockpass-registry',
    ]);
    for (const { spec } of deployments) {
      expect(spec?.template?.spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const container of spec?.template?.spec.containers ?? []) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container).toMatchObject({ readinessProbe: {}, livenessProbe: {} });
      }
    }
  });

  test('has disruption budgets for token servers and edges if there are several', async () => {
    const budgets = async (values: unknown) =>
      (await resources(values))
        .filter(({ kind }) => kind === 'PodDisruptionBudget')
        .map(({ metadata }) => metadata.name)
        .sort();
    expect(await budgets(secrets)).toEqual(['images-dockpass', 'images-dockpass-edge']);
    expect(await budgets(valueSets['one of each, no registry'])).toEqual([]);
  });

  test('refers to secrets and contains none', async () => {
    const all = await resources(valueSets['every value set']);
    expect(all.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    const volumes = JSON.stringify(all);
    for (const name of ['the-database', 'the-keys', 'tls'])
      expect(volumes).toContain(`{"secretName":"${name}"}`);
  });

  test('passes settings that the image also sets as environment variables, which have priority', async () => {
    const settings = { trustedProxies: ['loopback', '100.64.0.0/10'] };
    const all = JSON.stringify(await resources({ ...secrets, settings }));
    expect(all).toContain('{"name":"DOCKPASS_TRUSTED_PROXIES","value":"loopback,100.64.0.0/10"}');
  });

  describe('rejects', () => {
    test.each([
      ['a value that it does not know', { ...secrets, replica: 2 }, /replica/],
      ['no token server', { ...secrets, replicas: 0 }, /replicas/],
      ['no database', { keys: secrets.keys }, /set database\.existingSecret to the name of a Secret/],
      [
        'no secret that encrypts the keys',
        { database: secrets.database },
        /set keys\.existingSecret to the name of/,
      ],
      ['a port among the settings', { ...secrets, settings: { listen: '0.0.0.0:1' } }, /settings.*listen/s],
      ['a database among the settings', { ...secrets, settings: { database: 'x' } }, /settings.*database/s],
      [
        'other settings for the registry’s tokens',
        { ...secrets, registry: { env: [{ name: 'REGISTRY_AUTH', value: 'htpasswd' }] } },
        /registry/,
      ],
    ])('%s', async (_what, values, message) => {
      const refused = await template(values);
      expect(refused.status).not.toBe(0);
      expect(refused.stderr).toMatch(message);
    });
  });
});

needs('helm', 'kubernetes-validate')('the manifests of the chart', () => {
  // All values in one run, because the validator is slow to start.
  test('are valid for Kubernetes with all values', { timeout: 100_000 }, async () => {
    const directory = await temporaryDirectory('rendered');
    let count = 0;
    const files: string[] = [];
    for (const [at, values] of Object.values(valueSets).entries()) {
      const { stdout } = await template(values);
      const file = join(directory, `${at}.yaml`);
      await writeFile(file, stdout);
      files.push(file);
      count += parseAllDocuments(stdout).length;
    }
    const versions = kubernetes.flatMap((version) => ['-k', version]);
    const { output } = await mustRun(part('kubernetes-validate'), ['--strict', ...versions, ...files]);
    expect(output.match(/ passed for resource /g)).toHaveLength(count * kubernetes.length);
  });
});

needs('helm', 'kubernetes-validate')('docs/kubernetes.md', () => {
  test('has commands that work, and its manifests are valid', { timeout: 100_000 }, async () => {
    const directory = await temporaryDirectory('kubernetes');
    await symlink(join(repository, 'deploy'), join(directory, 'deploy'));
    const recipe = await openRecipe('docs/kubernetes.md', {
      directory,
      programs: { helm: [part('helm')] },
    });
    await recipe.next();
    expect((await recipe.next()).stdout).toContain('0 chart(s) failed');
    recipe.finish();
    await mustRun(part('kubernetes-validate'), ['--strict', join(directory, 'rendered.yaml')]);
  });
});

needs('helm', 'nginx')('the edge of the chart', () => {
  test.each(['behind an Ingress', 'by default'] as const)(
    'has a configuration that nginx accepts: %s',
    async (name) => {
      const config = (await resources(valueSets[name])).find(
        ({ data }) => data?.['nginx.conf'] !== undefined,
      );
      const directory = await temporaryDirectory('edge');
      const file = join(directory, 'nginx.conf');
      // nginx resolves host names at its start. Those in the chart exist only in Kubernetes.
      const text = (config?.data?.['nginx.conf'] ?? '')
        .replaceAll(/http:\/\/images-dockpass[a-z-]*:/g, 'http://127.0.0.1:')
        .replaceAll('"/tmp', `"${directory}`);
      await writeFile(file, text);
      const { output } = await mustRun(part('nginx'), ['-t', '-e', 'stderr', '-p', directory, '-c', file]);
      expect(output).toContain('test is successful');
      expect(text.includes('set_real_ip_from 10.0.0.0/8;')).toBe(name === 'behind an Ingress');
    },
  );
});
