import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { pluginName } from '../../../src/cli/kubernetes/cluster.ts';
import { renderKubeletConfig } from '../../../src/cli/kubernetes/kubelet-config.ts';
import { renderRbacFile } from '../../../src/cli/kubernetes/rbac-file.ts';
import { mustRun, run, type Ran } from '../../support/process/run.ts';
import { needs, part } from '../../support/run/parts.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { writePlugin } from '../../support/kubernetes/plugin.ts';
import { variantFor133 } from '../../support/kubernetes/variant.ts';

// The kubelet's own code reads the configuration and runs the plugin, as before the pull of an image.

const token = `${'a'.repeat(300)}.${'b'.repeat(900)}.${'c'.repeat(342)}`;

needs('kubelet-1.34')('the kubelet 1.34', () => {
  let plugins: string;
  let directory: string;
  const hosts = ['registry.example.com', 'registry.example.com:5001'] as const;

  beforeAll(async () => {
    directory = await temporaryDirectory('kubelet');
  });

  /** Asks the kubelet for the logins of an image. */
  const pull = async (host: string, image: string, config = renderKubeletConfig({ host }), given = token) => {
    ({ folder: plugins } = await writePlugin(host));
    const file = join(directory, 'config.yaml');
    await writeFile(file, config);
    return run(part('kubelet-1.34'), ['pull', file, plugins, image], { input: given });
  };
  const answerOf = (ran: Ran): unknown => {
    expect(ran).toMatchObject({ status: 0 });
    return JSON.parse(ran.stdout);
  };

  test.each(hosts)('logs in to %s with a token for its audience', async (host) => {
    for (const name of ['team/app:1', `app@sha256:${'a'.repeat(64)}`])
      expect(answerOf(await pull(host, `${host}/${name}`))).toEqual({
        logins: [{ Username: 'jwt', Password: token }],
        audiences: [host],
      });
  });

  test.each([
    [hosts[0], 'registry.example.com:5001/team/app'],
    [hosts[1], 'registry.example.com/team/app'],
    [hosts[0], 'docker.io/library/nginx:1'],
    [hosts[0], 'evil.registry.example.com/team/app'],
  ])('requests no token for another registry: with %s, for %s', async (host, image) => {
    expect(answerOf(await pull(host, image))).toEqual({ logins: [], audiences: [] });
  });

  test('gives the token to no other registry, even if matchImages is too wide', async () => {
    const wide = renderKubeletConfig({ host: hosts[0] }).replace(
      'matchImages: ["registry',
      'matchImages: ["*',
    );
    const ran = await pull(hosts[0], 'evil.example.com/team/app', wide);
    expect(answerOf(ran)).toMatchObject({ logins: [] });
    expect(ran.stderr).toContain('dockpass-credential-provider: the image is not in the registry');
    expect(ran.stderr).not.toContain(token);
  });

  test('logs why the plugin gives no login, without the token', async () => {
    const ran = await pull(hosts[0], `${hosts[0]}/app`, undefined, 'not-a-jwt-but-secret');
    expect(answerOf(ran)).toMatchObject({ logins: [] });
    expect(ran.stderr).toContain('dockpass-credential-provider: the token in the request is not a JWT.');
    expect(ran.stderr).not.toContain('secret');
  });

  test('rejects the variant for 1.33, and a field that it does not know', async () => {
    const config = renderKubeletConfig({ host: hosts[0] });
    for (const [text, message] of [
      [variantFor133(config), 'cacheType is required'],
      [config.replace('cacheType', 'cachetype'), 'strict decoding error: unknown field'],
      [config.replace('cacheType: Token', 'cacheType: tokens'), 'Unsupported value: "tokens"'],
    ] as const) {
      const ran = await pull(hosts[0], `${hosts[0]}/app`, text);
      expect(ran.status).toBe(1);
      expect(ran.stderr).toContain(message);
    }
  });

  test('accepts only the cache type Token from a plugin that returns the token', async () => {
    const config = renderKubeletConfig({ host: hosts[0] }).replace(
      'cacheType: Token',
      'cacheType: ServiceAccount',
    );
    const ran = await pull(hosts[0], `${hosts[0]}/app`, config);
    expect(answerOf(ran)).toMatchObject({ logins: [] });
    expect(ran.stderr).toContain("not allowed when service account cache type is not set to 'Token'");
  });

  test('can use the configuration next to that of another provider', async () => {
    const host = hosts[0];
    const { folder } = await writePlugin(host);
    await copyFile(join(folder, pluginName), join(folder, 'other'));
    const configurations = join(directory, 'both');
    await mkdir(configurations);
    const config = renderKubeletConfig({ host });
    const [, entry = ''] = config.split('providers:\n');
    const other = entry.split('\n\n')[0]?.replace(`name: ${pluginName}`, 'name: other') ?? '';
    const file = join(configurations, 'config.yaml');
    await writeFile(file, `${config.split('\n\n')[0] ?? ''}\n${other}\n`);
    const ran = await run(part('kubelet-1.34'), ['pull', file, folder, `${host}/app`], { input: token });
    expect(answerOf(ran)).toMatchObject({ audiences: [host, host] });
  });

  test.each(hosts)('is allowed to request tokens for the audience %s by rbac.yaml', async (host) => {
    const file = join(directory, 'rbac.yaml');
    await writeFile(file, renderRbacFile({ host }));
    const { stdout } = await mustRun(part('kubelet-1.34'), ['rbac', file, host]);
    expect(JSON.parse(stdout)).toEqual({ allowed: ['Group system:nodes'] });
    const other = await mustRun(part('kubelet-1.34'), ['rbac', file, 'other.example.com']);
    expect(JSON.parse(other.stdout)).toEqual({ allowed: [] });
    await writeFile(file, (await readFile(file, 'utf8')).replace('verbs:', 'verb:'));
    expect((await run(part('kubelet-1.34'), ['rbac', file, host])).stderr).toContain('unknown field');
  });
});

needs('kubelet-types-1.33')('the types of kubelet 1.33', () => {
  const decode = (text: string): Promise<Ran> => run(part('kubelet-types-1.33'), [], { input: text });

  test('decode the variant for 1.33, and reject the configuration for 1.34', async () => {
    const config = renderKubeletConfig({ host: 'registry.example.com:5001' });
    const { stdout, stderr } = await decode(variantFor133(config));
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'CredentialProviderConfig',
      providers: [
        {
          name: pluginName,
          matchImages: ['registry.example.com:5001'],
          defaultCacheDuration: '0s',
          tokenAttributes: {
            serviceAccountTokenAudience: 'registry.example.com:5001',
            requireServiceAccount: true,
          },
        },
      ],
    });
    expect((await decode(config)).stderr).toContain('unknown field "providers[0].tokenAttributes.cacheType"');
  });
});
