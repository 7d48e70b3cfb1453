import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mayPull, findPullable, type NamesQuestion } from '../../policy/pullable-repositories.ts';
import { listTags, type TagsPage } from '../../admin/images/tags.ts';
import type { ImageRegistry } from '../../admin/images/image-registry.ts';
import { createLru } from '../../cache/lru.ts';
import type { Config } from '../../config/load.ts';
import { DockpassError } from '../../errors.ts';
import { formatHost } from '../../net/host.ts';
import type { Log } from '../../observe/log.ts';
import { anonymous } from '../../policy/subject.ts';
import type { Realm } from '../../realm/realm.ts';
import { resolveRealm } from '../../realm/resolve-realm.ts';
import { isMissing } from '../../registry/api-client.ts';
import { isRepositoryName } from '../../scope/parse-scopes.ts';
import { readContext, type RequestContext } from '../request-context.ts';
import type { CurrentState } from '../server-state.ts';
import type { Html } from './html.ts';
import {
  catalogPath,
  iconPath,
  pathOfRepository,
  renderList,
  renderNotFound,
  renderRepository,
  renderUnavailable,
  repositoryPath,
  type Frame,
} from './pages.ts';
import { icon, stylesheet } from './stylesheet.ts';

export interface CatalogParts {
  readonly state: CurrentState;
  /** Returns the configuration in force. */
  readonly config: () => Config;
  readonly images: (config: Config) => ImageRegistry;
  readonly log: Log;
}

/** The largest number of repositories on a page, and of tags. Each tag needs requests to the registry. */
const repositoriesPerPage = 1000;
const tagsPerPage = 100;
/** How long pages are used again, by browsers and by this server, in seconds. */
const maxAge = 10;
const maxQueryLength = 255;

const robotsPath = `${catalogPath}robots.txt`;
const stylesheetPath = `${catalogPath}catalog.css`;
const version = createHash('sha256').update(stylesheet).digest('base64url').slice(0, 12);

/** What is sent for one path. */
interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly cacheControl?: string;
}

/** What a page is created for. */
interface Visit {
  readonly context: RequestContext;
  readonly realm: Realm;
  readonly config: Config;
  readonly registry: ImageRegistry;
  readonly asker: Pick<NamesQuestion, 'subject' | 'realm' | 'policy' | 'address'>;
  readonly frame: Frame;
}

/**
 * Creates the handler of the public catalog: pages under a public domain that show what anyone may pull there, readable
 * without JavaScript. What is shown is decided by `decide`, for a client without a login and with the address of this
 * one.
 * @returns a function that answers a request and returns true, or returns false if the request is not for the catalog
 */
export function createCatalog({ state, config, images, log }: CatalogParts) {
  const tagPages = createLru<{ readonly until: number; readonly page: Promise<TagsPage> }>(500);

  /** Reads the tags of a repository. All visitors share what was read within the last seconds. */
  const readTags = (registry: ImageRegistry, repository: string, after: string | undefined) => {
    const key = JSON.stringify([registry.origin, repository, after]);
    const known = tagPages.get(key);
    if (known !== undefined && performance.now() < known.until) return known.page;
    const question = {
      repository,
      order: 'version',
      after,
      withoutReferrers: true,
      limit: tagsPerPage,
    } as const;
    const page = listTags(registry, { ...question, maxAgeMs: maxAge * 1000 });
    tagPages.set(key, { until: performance.now() + maxAge * 1000, page });
    page.catch(() => tagPages.delete(key));
    return page;
  };

  const listPage = async ({ context, frame, registry, asker }: Visit): Promise<Html> => {
    const query = new URLSearchParams(context.query);
    const q = (query.get('q') ?? '').trim().slice(0, maxQueryLength);
    const after = query.get('after')?.slice(0, maxQueryLength);
    const { names } = await registry.repositories.list();
    const page = await findPullable(names, { ...asker, q, after, limit: repositoriesPerPage });
    const next =
      page.next && `${catalogPath}?${new URLSearchParams({ ...(q !== '' && { q }), after: page.next })}`;
    return renderList(frame, { names: page.names, next, q, isFirst: after === undefined });
  };

  const repositoryPage = async (visit: Visit): Promise<Html | undefined> => {
    const { context, frame, registry, asker } = visit;
    const name = decodeName(context.path.slice(repositoryPath.length));
    // The registry is asked only for names that are public and that it has, so a visitor causes no other requests.
    if (name === undefined || !mayPull(name, asker)) return undefined;
    if (!(await registry.repositories.list()).names.includes(name)) return undefined;
    const after = new URLSearchParams(context.query).get('after')?.slice(0, maxQueryLength);
    try {
      const { tags, next } = await readTags(registry, name, after);
      const nextPath = next && `${pathOfRepository(name)}?${new URLSearchParams({ after: next })}`;
      return renderRepository(frame, { name, tags, next: nextPath });
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };

  const createPage = async (visit: Visit): Promise<Page> => {
    const { path } = visit.context;
    if (path === stylesheetPath)
      return { ...asset('text/css; charset=utf-8', stylesheet), cacheControl: `public, max-age=31536000` };
    if (path === iconPath) return asset('image/svg+xml', icon);
    if (path === robotsPath)
      return asset('text/plain; charset=utf-8', `User-agent: *\nAllow: ${catalogPath}\nDisallow: /v2/\n`);
    try {
      const found = path === catalogPath ? await listPage(visit) : await repositoryPage(visit);
      return found === undefined ? page(404, renderNotFound(visit.frame)) : page(200, found);
    } catch (error) {
      if (!(error instanceof DockpassError)) throw error;
      log.error('the public catalog cannot read the registry', error);
      return page(503, renderUnavailable(visit.frame));
    }
  };

  return async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const current = state();
    const inForce = config();
    const context = readContext(request, current);
    const realm = resolveRealm(context.host, current.issuer.realms);
    if (realm.kind !== 'public' || !inForce.publicCatalog || !isCatalogPath(context.path)) return false;
    const { policy } = current.issuer;
    const visit: Visit = {
      ...{ context, realm, config: inForce, registry: images(inForce) },
      asker: { subject: anonymous, realm, policy, address: context.address },
      frame: {
        title: inForce.publicCatalogTitle,
        text: inForce.publicCatalogText,
        host: formatHost(realm.host),
        stylesheet: `${stylesheetPath}?v=${version}`,
      },
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      throw new DockpassError(
        'method_not_allowed',
        `${request.method} is not allowed here. Use GET or HEAD.`,
      );
    }
    // What a client may see can depend on its address, so a shared cache stores pages only if no rule names networks.
    const isShared = policy.rules.rules.every(({ from }) => from === undefined);
    send(request, response, await createPage(visit), `${isShared ? 'public' : 'private'}, max-age=${maxAge}`);
    return true;
  };
}

function isCatalogPath(path: string): boolean {
  return (
    [catalogPath, robotsPath, stylesheetPath, iconPath].includes(path) || path.startsWith(repositoryPath)
  );
}

/** Decodes the name of a repository in a path. Returns undefined if it is not the name of a repository. */
function decodeName(encoded: string): string | undefined {
  try {
    const name = decodeURIComponent(encoded);
    return isRepositoryName(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

function page(status: number, { text }: Html): Page {
  const type = 'text/html; charset=utf-8';
  return { status, type, body: text, ...(status === 503 && { cacheControl: 'no-store' }) };
}

function asset(type: string, body: string): Page {
  return { status: 200, type, body, cacheControl: 'public, max-age=3600' };
}

/** Only files of this host, no script, no inline style, and no frame of another page. */
const contentSecurityPolicy =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

function send(request: IncomingMessage, response: ServerResponse, sent: Page, cacheControl: string): void {
  const body = Buffer.from(sent.body);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const isUnchanged = sent.status === 200 && request.headers['if-none-match'] === etag;
  response.writeHead(isUnchanged ? 304 : sent.status, {
    'Cache-Control': sent.cacheControl ?? cacheControl,
    'Content-Security-Policy': contentSecurityPolicy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'same-origin',
    ...(sent.status === 200 && { ETag: etag }),
    ...(sent.status === 503 && { 'Retry-After': 10 }),
    ...(!isUnchanged && { 'Content-Type': sent.type, 'Content-Length': body.length }),
  });
  response.end(isUnchanged ? undefined : body);
}
