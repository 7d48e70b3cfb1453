import type { IncomingMessage } from 'node:http';
import { catalogScope, listCatalog } from '../../admin/catalog/list-catalog.ts';
import { createPageSizeCheck } from '../../admin/catalog/page-size.ts';
import { DockpassError, isRequestError, toRequestError } from '../../errors.ts';
import { resolveRealm } from '../../realm/resolve-realm.ts';
import { formatScope } from '../../scope/scope.ts';
import { bearerChallenge } from '../challenge.ts';
import { answerFailure, type Endpoint } from '../endpoint.ts';
import { writeError } from '../error-response.ts';
import { readContext, type RequestContext } from '../request-context.ts';
import type { ServerState } from '../server-state.ts';
import { CatalogDenial, findLister } from './catalog-login.ts';
import { badPageSize, linkToNext, readPageQuery } from './catalog-query.ts';
import type { V2Parts } from './v2-parts.ts';

/** The largest number of repositories on a page under a public domain, where anyone can request pages. */
const maxPublicPage = 1000;

/** The scope that a client must request, as it appears in a challenge. */
const scope = formatScope(catalogScope);

/** What is sent if the request is not denied. */
interface ListAnswer {
  readonly status: 200 | 400;
  readonly body: unknown;
  /** The Link header, if another page follows. */
  readonly link?: string | undefined;
}

/**
 * Creates the endpoint for `GET /v2/_catalog` (distribution API, "Listing Repositories"). It answers in the format of
 * distribution. The list contains what the client may pull at the time of the request, whatever rights it had when its
 * token was issued.
 */
export function createCatalogList({ state, config, images, log, verify }: V2Parts): Endpoint {
  const allowsPageSize = createPageSizeCheck();

  const list = async (context: RequestContext, current: ServerState): Promise<ListAnswer> => {
    const inForce = config();
    const realm = resolveRealm(context.host, current.issuer.realms);
    const { asker, access } = await findLister(context, realm, current, (jwt) => verify(jwt, inForce));
    const { n, written, last } = readPageQuery(context.query);
    const registry = images(inForce);
    if (n === undefined || !(await allowsPageSize(registry, n)))
      return { status: 400, body: badPageSize(written) };
    const limit = realm.kind === 'public' ? Math.min(n, maxPublicPage) : n;
    const { names, next } = await listCatalog(registry, access, { ...asker, after: last, limit });
    const link = next === undefined ? undefined : linkToNext(next, limit);
    return { status: 200, body: { repositories: names }, link };
  };

  return (request, response) => {
    const current = state();
    let context: RequestContext | undefined;
    const answer = async (): Promise<void> => {
      requireGet(request);
      context = readContext(request, current);
      const { status, body, link } = await list(context, current);
      // The registry ends its answer with a line feed too.
      const text = `${JSON.stringify(body)}\n`;
      response.writeHead(status, {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(text),
        'Cache-Control': 'no-store',
        ...(link !== undefined && { Link: link }),
      });
      response.end(text);
    };
    answer().catch((error: unknown) =>
      answerFailure(response, log, () => {
        if (request.method !== 'GET') response.setHeader('Allow', 'GET');
        const challenged = error instanceof CatalogDenial ? error.challenge : undefined;
        const challenge = bearerChallenge(request, context?.host, current.issuer, {
          scope,
          error: challenged,
        });
        writeError(request, response, toRequestError(forClient(error)), log, challenge);
      }),
    );
  };
}

function requireGet({ method }: IncomingMessage): void {
  if (method !== 'GET')
    throw new DockpassError('method_not_allowed', `${method} is not allowed for /v2/_catalog. Use GET.`);
}

/** Converts an error of the registry. Its text is for administrators, so only the log shows it. */
function forClient(error: unknown): unknown {
  if (!(error instanceof DockpassError) || isRequestError(error)) return error;
  if (error.code !== 'registry_unreachable' && error.code !== 'registry_refused') return error;
  return new DockpassError(
    'unavailable',
    'the list of repositories cannot be read from the registry right now. Try again in a few seconds.',
    { cause: error, retryAfter: 5 },
  );
}
