import type { IncomingMessage } from 'node:http';
import { withRecordId, DockpassError } from '../../errors.ts';
import { issueToken, type Issuance, type Issuer, type TokenRequest } from '../../issue-token.ts';
import type { Log } from '../../observe/log.ts';
import type { Action } from '../../policy/rights.ts';
import { formatHost, parseHost, type Host } from '../../net/host.ts';
import { pullOnlyMessage } from '../../realm/pull-only-message.ts';
import { scopesForRoute } from '../../scope/registry-route.ts';
import { memoize } from '../../cache/memoize.ts';
import { formatScope } from '../../scope/scope.ts';
import { basicCredentials } from '../basic-credentials.ts';
import { errorsOf, writeError } from '../error-response.ts';
import { recordDenial } from '../record-denial.ts';
import { readContext, type RequestContext } from '../request-context.ts';
import type { CurrentServing } from '../serving.ts';
import type { Endpoint } from '../token/token-endpoint.ts';

/**
 * `/auth/forward`, asked by the edge for a registry request that carries Basic: the same story as a token request,
 * with the scope read off the method and the path. 200 carries `Authorization: Bearer …` for that one request; every
 * refusal is 401 or 403, because nginx's auth_request turns any other status into 500.
 */
export function forwardEndpoint(serving: CurrentServing, log: Log): Endpoint {
  return (request, response) => {
    const answer = async (): Promise<void> => {
      const { issuer, trusted } = serving();
      let original: OriginalRequest | undefined;
      try {
        const context = readContext(request, trusted);
        original = readOriginal(request, context);
        const tokenRequest: TokenRequest = {
          host: original.host,
          address: context.address,
          client: context.client,
          credentials: basicCredentials(context.authorization),
          service: undefined,
          scopes: original.scopes,
          offline: false,
        };
        const issuance = await issueToken(tokenRequest, issuer);
        const missing = missingIn(issuance, issuer.realms.loginHost);
        if (missing !== undefined)
          throw withRecordId(missing, issuer.record.refused(tokenRequest, issuance.realm, missing));
        response.writeHead(200, [
          'Authorization',
          `Bearer ${issuance.token.jwt}`,
          'Content-Length',
          '0',
          'Cache-Control',
          'no-store',
        ]);
        response.end();
      } catch (error) {
        const refusal = recordDenial(request, error, issuer.record);
        const shown = asEdgeUnderstands(refusal, log);
        response.setHeader('X-Dockpass-Errors', inAscii(errorsOf(shown)));
        writeError(request, response, shown, log, challengeFor(request, original, issuer));
      }
    };
    void answer();
  };
}

interface OriginalRequest {
  readonly host: Host;
  /** In their grammar. */
  readonly scopes: readonly string[];
}

/** Pages and scripts ask for the same again and again. */
const recentScopes = memoize(1000, (request) => {
  const end = request.indexOf('\n');
  return scopesForRoute(request.slice(0, end), request.slice(end + 1))?.map(formatScope);
});

/** What the client asked of the edge. @throws DockpassError `forbidden`, `bad_request`, `bad_host` */
function readOriginal(request: IncomingMessage, context: RequestContext): OriginalRequest {
  const method = singleHeader(request, 'x-forwarded-method');
  const target = singleHeader(request, 'x-forwarded-uri');
  if (method === undefined || target === undefined) {
    throw new DockpassError(
      'forbidden',
      'the edge did not send X-Forwarded-Method and X-Forwarded-Uri: see the edge configuration that "dockpass init" writes',
    );
  }
  const scopes = recentScopes(`${method}\n${target}`);
  if (scopes === undefined) {
    throw new DockpassError('forbidden', `the registry serves no ${asShown(method, target)}`);
  }
  const host = context.peerIsTrusted ? singleHeader(request, 'x-forwarded-host') : undefined;
  return { host: host === undefined ? context.host : parseHost(host), scopes };
}

/** A query may hold what nobody else should read; what is no request at all may be anything. */
function asShown(method: string, target: string): string {
  const path = target.split('?', 1)[0] ?? '';
  const isRequest = /^[A-Z]{1,20}$/.test(method) && path.startsWith('/');
  return isRequest ? `${method} ${JSON.stringify(path.slice(0, 120))}` : 'such request';
}

/**
 * Names the token endpoint as the client reaches it. The edge hands our 401 on as the registry's own, and clients want
 * the registry's one challenge there: Bearer, never Basic (a second or another scheme breaks anonymous pulls).
 */
function challengeFor(
  request: IncomingMessage,
  original: OriginalRequest | undefined,
  { realms, service }: Issuer,
): string {
  if (original === undefined) return `Bearer service="${service}"`;
  const scheme = request.headers['x-forwarded-proto'] === 'http' ? 'http' : 'https';
  const realm = `${scheme}://${formatHost(realms.externalHost ?? original.host)}/auth/token`;
  return `Bearer realm="${realm}",service="${service}"`;
}

/** A header that only the edge sets. Two of it come from somewhere else. */
function singleHeader(request: IncomingMessage, name: string): string | undefined {
  const joined = request.headers[name];
  // node joins repeated ones with a comma; taking them apart again costs more than all else here.
  if (typeof joined === 'string' && !joined.includes(',')) return joined;
  const values = request.headersDistinct[name] ?? [];
  if (values.length > 1)
    throw new DockpassError(
      'bad_request',
      `the request has two ${name} headers; the edge must replace what clients send`,
    );
  return values[0];
}

/** The registry would say only "insufficient scope"; here the person reads what is missing. */
function missingIn(
  { realm, subject, grants }: Issuance,
  privateName: string | undefined,
): DockpassError | undefined {
  const refused = grants.find(
    ({ scope, actions }) => !scope.actions.every((action) => actions.includes(action as Action)),
  );
  if (refused === undefined) return undefined;
  const { type, actions } = refused.scope;
  if (realm.kind === 'public' && type === 'repository' && actions.some((action) => action !== 'pull')) {
    return new DockpassError('forbidden', pullOnlyMessage(formatHost(realm.host), privateName));
  }
  const who = subject.kind === 'anonymous' ? 'nobody' : subject.name;
  return new DockpassError(
    'forbidden',
    `${who} may not do this on ${formatHost(realm.host)} (${formatScope(refused.scope)}): ${refused.reason}`,
  );
}

/** nginx's auth_request leaves bodies behind, and takes headers along. */
function inAscii(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** What is wrong with who asks is 401, everything else 403; what is our own fault is logged as such. */
function asEdgeUnderstands(error: DockpassError, log: Log): DockpassError {
  if (error.code === 'internal') log.error('the edge was refused because of a fault of ours', error);
  if (error.code === 'login_required' || error.code === 'wrong_credentials') return error;
  const code = error.code === 'bad_request' || error.code === 'bad_host' ? 'wrong_credentials' : 'forbidden';
  const { message, retryAfter, auditId } = error;
  return new DockpassError(code, message, { cause: error, retryAfter, auditId });
}
