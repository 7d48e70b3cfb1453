import { createServer } from 'node:http';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { afterwards } from '../run/afterwards.ts';
import { temporaryDirectory } from '../run/temp.ts';
import type { PlatformPage } from './platform-pages.ts';

// Runs the commands of a workflow file as the CI platform does: it gives the job variables or programs by which the job
// gets its JWT.

/** Signs the JWT of the job for this audience. */
type Sign = (audience: string) => Promise<string>;

/** What a platform gives to a job. */
export interface PlatformJob {
  /** The commands of the workflow, in their order: one text for each step. */
  readonly steps: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** A folder with the programs of the platform, for the PATH of the job. */
  readonly programs: string;
}

/**
 * Reads the steps of a workflow file, and starts what the platform provides.
 * @param workflow the text of the file
 */
export async function startPlatformJob(
  name: PlatformPage['name'],
  workflow: string,
  sign: Sign,
): Promise<PlatformJob> {
  const programs = await temporaryDirectory('platform');
  switch (name) {
    case 'github':
    case 'forgejo': {
      const { jobs } = parse(workflow) as { jobs: { image: { steps: { run?: string }[] } } };
      const url = await startTokenServer(sign);
      return {
        steps: jobs.image.steps.flatMap(({ run }) => run ?? []),
        env: {
          ACTIONS_ID_TOKEN_REQUEST_URL: `${url}?placeholder=true`,
          ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
          GITHUB_SHA: commit,
        },
        programs,
      };
    }
    case 'gitlab': {
      const file = parse(workflow) as {
        'build-image': { id_tokens: Record<string, { aud: string }>; script: string[] };
      };
      const { id_tokens: tokens, script } = file['build-image'];
      const env: Record<string, string> = { CI_COMMIT_SHA: commit };
      for (const [variable, { aud }] of Object.entries(tokens)) env[variable] = await sign(aud);
      return { steps: script, env, programs };
    }
    case 'buildkite': {
      const { steps } = parse(workflow) as { steps: { command: string }[] };
      await writeTokenProgram(join(programs, 'buildkite-agent'), await startTokenServer(sign), [
        'oidc request-token --audience AUDIENCE --claim organization_id,pipeline_id',
      ]);
      return {
        // When a pipeline is uploaded, Buildkite replaces variables, and "$$" by "$".
        steps: steps.map(({ command }) => command.replaceAll('$$', '$')),
        env: { BUILDKITE_COMMIT: commit },
        programs,
      };
    }
    case 'circleci': {
      const { jobs } = parse(workflow) as { jobs: { image: { steps: (string | { run: string })[] } } };
      await writeTokenProgram(join(programs, 'circleci'), await startTokenServer(sign), [
        'run oidc get --claims {"aud": "AUDIENCE"}',
      ]);
      return {
        steps: jobs.image.steps.flatMap((step) => (typeof step === 'string' ? [] : step.run)),
        env: { CIRCLE_SHA1: commit },
        programs,
      };
    }
    case 'jenkins':
      return {
        steps: [...workflow.matchAll(/^ *sh '(.*)'$/gm)].map(([, command = '']) => command),
        env: { JWT: await sign('registry.example.com'), GIT_COMMIT: commit },
        programs,
      };
  }
}

/** The commit of the job. Workflows use it as the tag of the image. */
export const commit = '9f3182061f1e2cca4702c368cbc039b7dc9d4485';

const requestToken = 'the-request-token-of-this-job';

/**
 * Starts a server that signs a JWT for the audience in the query, as GitHub's server for ACTIONS_ID_TOKEN_REQUEST_URL.
 * The answer is `{"value": JWT}`.
 * @returns the URL of the server
 */
async function startTokenServer(sign: Sign): Promise<string> {
  const server = createServer((request, response) => {
    const audience = new URL(request.url ?? '', 'http://localhost').searchParams.get('audience');
    if (request.headers.authorization !== `bearer ${requestToken}` || audience === null) {
      response.writeHead(401).end();
      return;
    }
    void sign(audience).then((value) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ value })),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/token`;
}

/**
 * Writes a program that prints a JWT, if it is called with these arguments. The word AUDIENCE stands for a host.
 */
async function writeTokenProgram(path: string, url: string, [usage = '']: readonly string[]): Promise<void> {
  const [before = '', after = ''] = usage.split('AUDIENCE');
  const lines = [
    '#!/bin/bash',
    'set -eu',
    `before='${before}' after='${after}' arguments="$*"`,
    'audience=${arguments#"$before"}',
    'audience=${audience%"$after"}',
    'if [[ $before$audience$after != "$arguments" || $audience == *[^a-z0-9.:]* ]]; then',
    '  echo "unexpected arguments: $arguments" >&2',
    '  exit 1',
    'fi',
    `curl -sSf -H 'Authorization: bearer ${requestToken}' "${url}?audience=$audience" | jq -r .value`,
  ];
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o755 });
}
