import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { dockerClient, skopeoClient, type Client } from '../../support/client/clients.ts';
import { pageFile } from '../../support/docs/page-files.ts';
import { openRecipe } from '../../support/docs/recipe.ts';
import { startUp, type DockpassUp } from '../../support/dockpass/dockpass.ts';
import { run, type Ran } from '../../support/process/run.ts';
import { handMadeImage } from '../../support/registry/image.ts';
import { searchPath } from '../../support/run/environment.ts';
import { engineParts, needs, part } from '../../support/run/parts.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import type { ClaimSet, PlatformClaims } from '../../support/trust/claims/claim-set.ts';
import { buildkite } from '../../support/trust/claims/buildkite.ts';
import { circleci } from '../../support/trust/claims/circleci.ts';
import { forgejo } from '../../support/trust/claims/forgejo.ts';
import { github } from '../../support/trust/claims/github.ts';
import { gitlab } from '../../support/trust/claims/gitlab.ts';
import { jenkins } from '../../support/trust/claims/jenkins.ts';
import { startTrustIssuer, type TrustIssuer } from '../../support/trust/issuer.ts';
import { commit, startPlatformJob } from '../../support/trust/platform-job.ts';
import {
  platformPages,
  settingsOf,
  workflowOf,
  type PlatformPage,
} from '../../support/trust/platform-pages.ts';

// Runs the workflow files in docs/trust/ with the rules on the same pages: the commands as they are written, with docker,
// against dockpass and a registry. A local issuer takes the place of the platform. Only the host of the registry is
// replaced, and the key set of the issuer is added to each rule.

const claims: Readonly<Record<PlatformPage['name'], PlatformClaims>> = {
  ...{ github, gitlab, buildkite, circleci, forgejo, jenkins },
};
const onPage = 'registry.example.com';

needs(
  ...engineParts,
  'registry-3.1',
  'nginx',
  'curl',
  'skopeo',
)('the workflow files in docs/trust/', () => {
  let up: DockpassUp;
  let issuer: TrustIssuer;
  let registry: string;
  let docker: Client;
  beforeAll(async () => {
    issuer = await startTrustIssuer({ algorithm: 'RS256' });
    const trust: unknown[] = [];
    for (const page of platformPages) {
      const [rule] = (await settingsOf(page)).trust as { name: string }[];
      trust.push({ ...rule, name: page.name, jwks: issuer.jwksUrl });
    }
    up = await startUp({
      tls: false,
      args: ['--tls', 'off', '--registry', part('registry-3.1'), '--edge', part('nginx')],
      config: { trust },
      env: { NODE_EXTRA_CA_CERTS: issuer.authorityFile },
    });
    registry = `localhost:${up.edgePort}`;
    docker = await dockerClient();
    return async () => {
      expect(await up.process.stop()).toMatchObject({ status: 0, leftBehind: [] });
    };
  });

  /** Runs the workflow of a page as a job with these claims. @returns the result of the first step that failed */
  const runJob = async (page: PlatformPage, job: ClaimSet): Promise<Ran> => {
    const directory = await temporaryDirectory('job');
    await writeFile(join(directory, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, exp: now + claims[page.name].lifetime };
    const { steps, env, programs } = await startPlatformJob(page.name, await workflowOf(page), (audience) =>
      issuer.sign({ ...job.claims, ...times, aud: audience }),
    );
    expect(steps.length).toBeGreaterThan(0);
    for (const step of steps) {
      // Only docker connects to the registry. The audience stays as it is.
      const script = step.replaceAll(
        /(docker login |--tag |docker push )registry\.example\.com/g,
        `$1${registry}`,
      );
      const ran = await run('bash', ['--norc', '-e', '-c', script], {
        cwd: directory,
        env: {
          ...env,
          ...{ HOME: directory, DOCKER_HOST: docker.engineHost ?? '', DOCKER_BUILDKIT: '0' },
          PATH: [programs, searchPath].join(delimiter),
        },
      });
      if (ran.status !== 0) return ran;
    }
    return { command: '', status: 0, stdout: '', stderr: '', output: '' };
  };

  describe.each(platformPages)('the page on $name', (page) => {
    test('pushes with nothing but the identity of the job', async () => {
      const [job] = Object.values(claims[page.name].accepted);
      expect(await runJob(page, job ?? expect.fail('no claims'))).toMatchObject({ status: 0 });
      // Audit rows are written once a second.
      await expect
        .poll(async () => (await up.must(['audit', '--user', `ci:${page.name}`, '--json'])).stdout)
        .toContain('repository:acme/app:pull,push');
      await docker.must(['rmi', '--force', `${registry}/acme/app:${commit}`]);
    });
  });

  test('a fork is denied at the login, and explain names the claim', async () => {
    const page = platformPages.find(({ name }) => name === 'github') ?? expect.fail('no page');
    const fork = github.denied['a pull request from a fork, whose branch is also called main'];
    const denied = await runJob(page, fork ?? expect.fail('no claims'));
    expect(denied.status).not.toBe(0);
    // The client reads nothing that helps an attacker.
    expect(denied.output).not.toMatch(/refs\/|acme-app|repository_id/);
    const [, id] = /refusal (\w+)/.exec(denied.output) ?? expect.fail(denied.output);
    await expect
      .poll(async () => (await up.cli(['explain', id ?? ''])).output)
      .toMatch(/the claim ref is "refs\/pull\/17\/merge", but must be "refs\/heads\/main"/);
  });

  test('docs/trust/long-builds.md: an exchanged JWT pushes with skopeo, until the session is revoked', async () => {
    const page = await pageFile('docs/trust/github.md', 'dockpass.yml');
    expect(page).toContain(onPage);
    const { directory } = await handMadeImage();
    const job = Object.values(github.accepted)[0] ?? expect.fail('no claims');
    const skopeo = await skopeoClient();
    const recipe = await openRecipe('docs/trust/long-builds.md', {
      replace: [
        [`https://${onPage}`, `http://${registry}`],
        [onPage, registry],
        ['oci:image', `oci:${directory}:latest`],
        ['skopeo copy', `${skopeo.command} --tmpdir . --insecure-policy copy --dest-tls-verify=false`],
      ],
      env: { JWT: await issuer.sign({ ...job.claims, aud: onPage }) },
    });
    await recipe.next();
    const stored = await run('jq', ['-r', '.auths[].identitytoken'], {
      input: await readAuth(recipe.directory),
    });
    expect(stored.stdout.trim()).toMatch(/^dpi_/);
    expect(stored.stdout.trim().length).toBeLessThan(200);
    await recipe.next();
    await recipe.next();
    recipe.finish();
    const after = await run(
      skopeo.command,
      [
        '--insecure-policy',
        'copy',
        '--dest-tls-verify=false',
        `oci:${directory}:latest`,
        `docker://${registry}/acme/app:2`,
      ],
      { env: { REGISTRY_AUTH_FILE: join(recipe.directory, 'auth.json'), HOME: recipe.directory } },
    );
    expect(after.output).toContain('this session has ended');
  });
});

async function readAuth(directory: string): Promise<string> {
  const { stdout } = await run('cat', [join(directory, 'auth.json')]);
  return stdout;
}
