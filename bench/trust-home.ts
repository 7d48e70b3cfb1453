import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeHome, type Home } from './home.ts';

const issuer = 'https://token.actions.githubusercontent.com';

/**
 * Creates an installation with a trust rule, to which jobs log in with JWTs like those of GitHub Actions. They are
 * signed here, with a key set that dockpass reads from a file.
 */
export async function makeTrustHome(bin: string): Promise<Home> {
  const keys = await mkdtemp(join(tmpdir(), 'dockpass-bench-keys-'));
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = join(keys, 'jwks.json');
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'RS256', use: 'sig' };
  await writeFile(file, JSON.stringify({ keys: [jwk] }));
  const rule = {
    ...{ name: 'bench', issuer, jwks: file, audience: 'registry.example.com' },
    ...{ when: { repository_id: '260064828', ref: 'refs/heads/main' }, only: ['library/**:pull,push'] },
  };
  const home = await makeHome(bin, [`trust: [${JSON.stringify(rule)}]`]);
  const now = Math.floor(Date.now() / 1000);
  const signJwt = (number: number): string => {
    const header = { typ: 'JWT', alg: 'RS256', x5t: 'bench', kid: 'bench' };
    const claims = { ...claimsOfGithub, jti: `bench-${number}`, iat: now, nbf: now, exp: now + 3600 };
    const signed = [header, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
  };
  return {
    ...home,
    target: { ...home.target, signJwt },
    remove: async () => {
      await home.remove();
      await rm(keys, { recursive: true, force: true });
    },
  };
}

/** The claims of a job of GitHub Actions, with names of their usual length. */
const claimsOfGithub = {
  iss: issuer,
  aud: 'registry.example.com',
  sub: 'repo:acme@1001/app@260064828:ref:refs/heads/main',
  actor: 'octocat',
  actor_id: '12',
  base_ref: '',
  check_run_id: '57331229001',
  event_name: 'push',
  head_ref: '',
  job_workflow_ref: 'acme/app/.github/workflows/build.yml@refs/heads/main',
  job_workflow_sha: 'example-sha-of-forty-characters-example1',
  ref: 'refs/heads/main',
  ref_protected: 'true',
  ref_type: 'branch',
  repository: 'acme/app',
  repository_id: '260064828',
  repository_owner: 'acme',
  repository_owner_id: '1001',
  repository_visibility: 'private',
  run_attempt: '1',
  run_id: '20000000001',
  run_number: '10',
  runner_environment: 'github-hosted',
  sha: 'example-sha-of-forty-characters-example1',
  workflow: 'build',
  workflow_ref: 'acme/app/.github/workflows/build.yml@refs/heads/main',
  workflow_sha: 'example-sha-of-forty-characters-example1',
};
