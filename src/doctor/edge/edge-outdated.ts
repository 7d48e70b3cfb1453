import { randomUUID } from 'node:crypto';
import { catalogPath, redirects, registryAnswerHeaders } from '../../edge/edge.ts';
import { dockpassErrorOf, summarizeAnswer } from '../network/challenge.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, warning } from '../finding.ts';
import { sendRequest, urlOf, type HttpAnswer, type Target } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { isKeySet } from './edge-reaches-us.ts';
import { edgeTokenServers } from './edge-token-servers.ts';

interface Measured {
  /** The answer to GET /. */
  readonly root: HttpAnswer;
  /** The answer to GET /v2/. */
  readonly registry: HttpAnswer;
  /** The answer to a request for the list of repositories. dockpass answers it, not the registry. */
  readonly catalog: HttpAnswer;
  readonly api: ApiMeasured;
}

interface ApiMeasured {
  /** The answers to requests for /auth/jwks with these methods. dockpass answers them with an error of its own. */
  readonly byMethod: readonly { readonly method: string; readonly answer: HttpAnswer }[];
  /**
   * The answer to a path of the API that contains an encoded slash. dockpass repeats the path in its answer. Undefined
   * under a public domain, where there is no API.
   */
  readonly encoded: HttpAnswer | undefined;
  /** The answer to a request for /auth/jwks with more cookies than dockpass accepts. */
  readonly cookies: HttpAnswer;
}

/** A thing that the edge does not do, and what follows from it. */
interface Missing {
  readonly problem: string;
  readonly impact: string;
}

/** The methods of the API that no registry client sends to /auth/. An edge that allows only some methods forbids these. */
const methods = ['PATCH', 'PUT', 'DELETE'] as const;

/** A path with an encoded slash. The part after the last slash is the name of a repository, as in the API. */
const encodedPath = '/auth/api/v1/dockpass-doctor%2Fscratch';

/** Cookies that are longer than all headers of a request to dockpass may be together (16 KiB). */
const longCookie = `dockpass-doctor=${'x'.repeat(17 * 1024)}`;

/**
 * Checks that the edge supports the console, the administration API, the public catalog and lists of repositories, and
 * that browsers cannot run pushed files. Configuration files that earlier versions of dockpass wrote do not do this.
 */
export const edgeOutdated = createProbe<ReachableDomain, Measured>({
  after: [edgeTokenServers],
  measure: async ({ ask }, { target, kind }) => ({
    root: await ask(target, '/'),
    registry: await ask(target, '/v2/'),
    catalog: await ask(target, catalogPath),
    api: await measureApi(target, kind),
  }),
  judge: (measured, { target }) => {
    const missing = [
      ...judgeRoot(measured.root, target),
      ...judgeApi(measured.api),
      ...judgeHeaders(measured.registry),
      ...judgeCatalog(measured.catalog),
    ];
    if (missing.length === 0) return noFindings;
    return warning('edge_outdated', {
      problem: `The configuration of the edge under ${urlOf(target)} does not support everything that this version of dockpass needs: ${missing.map(({ problem }) => problem).join('; ')}.`,
      impact: [...new Set(missing.map(({ impact }) => impact))].join(' '),
      fix: `Write the edge's configuration again, for example: dockpass init --edge-only ${edgeOption(measured.registry)} --out new-edge. Compare it with the configuration in use, copy it, and reload the edge. If the edge has this configuration already, let the proxies in front of it pass on all paths, methods and headers.`,
    });
  },
});

async function measureApi(target: Target, kind: ReachableDomain['kind']): Promise<ApiMeasured> {
  const send = (path: string, method: string, headers = {}): Promise<HttpAnswer> =>
    sendRequest(target, path, { method, headers });
  const byMethod: { method: string; answer: HttpAnswer }[] = [];
  for (const method of methods) byMethod.push({ method, answer: await send('/auth/jwks', method) });
  return {
    byMethod,
    encoded: kind === 'private' ? await send(encodedPath, 'GET') : undefined,
    // The random query makes sure that the answer does not come from a cache.
    cookies: await send(`/auth/jwks?dockpass-doctor=${randomUUID()}`, 'GET', { Cookie: longCookie }),
  };
}

/**
 * If the edge serves another page at `/`, or redirects to one, this is not a fault: people may run a web interface of
 * their own there.
 */
function judgeRoot(root: HttpAnswer, target: Target): readonly Missing[] {
  const impact = `People who open ${urlOf(target)} in a browser do not find the console or the public catalog.`;
  if (root.status >= 400)
    return [
      { problem: `it answers GET / with ${root.status} instead of a redirect to ${consolePath}`, impact },
    ];
  const { location } = root.headers;
  const url = location === undefined ? undefined : URL.parse(location, urlOf(target));
  if (url?.pathname !== consolePath) return [];
  const isHere = url.host === target.as && (url.protocol === 'https:' || !target.tls);
  return isHere
    ? []
    : [{ problem: `it redirects GET / to ${url.href} instead of ${urlOf(target)}${consolePath}`, impact }];
}

const [{ to: consolePath }] = redirects;

function judgeApi({ byMethod, encoded, cookies }: ApiMeasured): readonly Missing[] {
  const impact = 'The console and the administration API do not work, or only in part.';
  const blocked = byMethod.filter(({ answer }) => dockpassErrorOf(answer) === undefined);
  return [
    ...blocked.map(({ method, answer }) => ({
      problem: `it answers ${method} requests for /auth/ itself (${summarizeAnswer(answer)})`,
      impact,
    })),
    ...(encoded === undefined || encoded.body.includes('dockpass-doctor%2Fscratch')
      ? []
      : [{ problem: 'it rejects or changes %2F in the path of requests for /auth/', impact }]),
    // If the edge passes the cookies on, dockpass rejects them, because they are too long.
    ...(isKeySet(cookies) ? [{ problem: 'it removes the cookies of requests for /auth/', impact }] : []),
  ];
}

/** The registry would answer with 401, too, but not with an error of dockpass. Under a public domain, the list is 200. */
function judgeCatalog(catalog: HttpAnswer): readonly Missing[] {
  if (catalog.status === 200 || dockpassErrorOf(catalog) !== undefined) return [];
  return [
    {
      problem: `it sends requests for ${catalogPath} to the registry instead of dockpass`,
      impact:
        'Clients cannot list the repositories that they may pull. With catalog: own, the registry answers them with 401.',
    },
  ];
}

function judgeHeaders({ headers }: HttpAnswer): readonly Missing[] {
  const missing = Object.entries(registryAnswerHeaders).filter(
    ([name, value]) =>
      !String(headers[name.toLowerCase()])
        .toLowerCase()
        .split(/[;, ]+/)
        .includes(value),
  );
  if (missing.length === 0) return [];
  const names = missing.map(([name, value]) => `${name}: ${value}`).join(' and ');
  return [
    {
      problem: `its answers under /v2/ lack ${names}`,
      impact:
        'A browser could run a file that someone has pushed, with the rights of the person who opens it.',
    },
  ];
}

/**
 * Determines the option for the program of the edge from the Server header. Traefik sends no such header, and neither do
 * many proxies in front of an edge.
 */
function edgeOption({ headers }: HttpAnswer): string {
  const server = String(headers.server).toLowerCase();
  const kind = ['nginx', 'caddy'].find((name) => server.includes(name));
  return kind === undefined ? '--edge nginx (or caddy, or traefik)' : `--edge ${kind}`;
}
