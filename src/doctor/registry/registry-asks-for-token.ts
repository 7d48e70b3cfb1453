import { parseChallenges, summarizeAnswer } from '../network/challenge.ts';
import type { DoctorContext, Registry } from '../context.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import type { HttpAnswer } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { registryAnswers } from './registry-answers.ts';

interface Measured {
  readonly answer: HttpAnswer;
  /**
   * True if the edge requires a token under at least one domain, that is, if it answers 401 to a request without a
   * token.
   */
  readonly edgeAsks: boolean;
}

/** Checks that the registry requires a token, and no other kind of login. */
export const registryAsksForToken = createProbe<Registry, Measured>({
  after: [registryAnswers],
  measure: async (context, { target }) => ({
    answer: await context.ask(target, '/v2/'),
    edgeAsks: await doesEdgeAsk(context),
  }),
  judge: ({ answer, edgeAsks }, registry) => {
    const where = registry.url.origin;
    if (answer.status === 200) return edgeAsks ? openAroundEdge(where) : withoutAuth(where, registry);
    if (!parseChallenges(answer).some(({ scheme }) => scheme === 'basic') || registry.behindEdge)
      return noFindings;
    return wrong('registry_basic_auth', {
      problem: `The registry at ${where} answers GET /v2/ with ${summarizeAnswer(answer)}.`,
      impact:
        'The registry checks passwords itself and ignores tokens, because htpasswd is configured in its configuration file or in its environment.',
      fix: 'In the configuration of the registry, remove all sections under auth except token. Unset the variables REGISTRY_AUTH_HTPASSWD_… in the environment of the registry, and restart the registry. To import the users of the htpasswd file, run: dockpass import htpasswd FILE',
    });
  },
});

async function doesEdgeAsk({ domains, ask }: DoctorContext): Promise<boolean> {
  for (const { reached } of domains) {
    if (reached.state !== 'open') continue;
    const answer = await ask(reached.target, '/v2/').catch(() => undefined);
    if (answer?.status === 401) return true;
  }
  return false;
}

function withoutAuth(where: string, { file }: Registry): Finding[] {
  const inFile = file?.auths.length === 0 ? `; ${file.origin} has no auth section` : '';
  return wrong('registry_without_auth', {
    problem: `${where} answers GET /v2/ with 200 to a client without a token${inFile}.`,
    impact: 'Anyone who reaches the registry can pull, push and overwrite every image.',
    fix: 'To the configuration of the registry, add the auth.token section of registry-config.yml, a file that "dockpass init" writes. Then restart the registry.',
  });
}

function openAroundEdge(where: string): Finding[] {
  return wrong('registry_open_around_edge', {
    problem: `${where} answers GET /v2/ with 200 to a client without a token, although the edge requires a token.`,
    impact:
      'Anyone who reaches that address bypasses the edge, and can pull, push and overwrite every image.',
    fix: 'Add the auth.token section of registry-config.yml (written by "dockpass init") to the configuration of the registry. Set http.addr so that the registry listens on 127.0.0.1 only. Then restart the registry.',
  });
}
