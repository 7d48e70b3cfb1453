import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Config } from '../../config/load.ts';
import { DockpassError, withAuditId } from '../../errors.ts';
import { isImmutableTag, isScratchTag } from '../../immutable/immutable-tags.ts';
import { createTagPusher, OutcomeUnknown } from '../../immutable/push-tag.ts';
import { formatHost } from '../../net/host.ts';
import { pullOnlyMessage } from '../../realm/pull-only-message.ts';
import { resolveRealm } from '../../realm/resolve-realm.ts';
import { NoAnswer, sendManifest } from '../../registry/send-manifest.ts';
import { parseManifestPath, type ManifestPath } from '../../scope/manifest-path.ts';
import { bearerChallenge } from '../challenge.ts';
import { answerFailure, type Endpoint } from '../endpoint.ts';
import { writeError } from '../error-response.ts';
import { readBody } from '../form-body.ts';
import { asksForWrite, denyStopped, mayPass } from '../forward/writes-gate.ts';
import { toRecordedDenial } from '../record-denial.ts';
import { readContext, type RequestContext } from '../request-context.ts';
import type { ServerState } from '../server-state.ts';
import { createHeldManifests } from './held-manifests.ts';
import { toClientHeaders, toRegistryHeaders } from './manifest-headers.ts';
import { findPusher, tokenForBasic, type Pusher } from './manifest-pusher.ts';
import {
  findDigest,
  passedHeader,
  registryBehindEdge,
  registryUnavailable,
  requireFirstPass,
} from './registry-behind-edge.ts';
import type { V2Parts } from './v2-parts.ts';

/** A request to push a manifest. */
interface Push {
  readonly request: IncomingMessage;
  readonly state: ServerState;
  readonly config: Config;
  readonly context: RequestContext;
  readonly manifest: ManifestPath;
  readonly body: Buffer;
}

/**
 * Creates the endpoint for `PUT /v2/REPOSITORY/manifests/REFERENCE`. It sends the manifest on to the registry, and the
 * answer back, both unchanged. If the tag is immutable, it first makes sure that the tag does not exist and that no one
 * else pushes it at the same time. The registry itself checks the rights of the client.
 */
export function createManifestPush(parts: V2Parts): Endpoint {
  const { log, store, config: currentConfig, state: currentState, verify } = parts;
  const tags = createTagPusher(store.tagClaims, (repository, tag) =>
    findDigest(repository, tag, currentConfig(), parts),
  );

  const hold = createHeldManifests();

  const push = async (request: IncomingMessage, state: ServerState): Promise<IncomingMessage> => {
    const context = readContext(request, state);
    const manifest = parseManifestPath(context.path);
    if (manifest === undefined) throw notFound();
    requireFirstPass(request);
    requirePrivateDomain(context, state);
    // The whole body must be there before the tag is claimed, so that slow clients cannot keep others from pushing.
    const body = await readBody(request, 'A registry accepts no larger manifest either.');
    return hold(body.length, () =>
      pushWhole({ request, state, config: currentConfig(), context, manifest, body }),
    );
  };

  const pushWhole = async (one: Push): Promise<IncomingMessage> => {
    const { state, config, context, manifest, body } = one;
    const { repository, tag } = manifest;
    const byBasic = await tokenForBasic(context, repository, state);
    if (tag === undefined || !isImmutableTag(config.immutableTags, repository, tag))
      return send(one, byBasic?.authorization ?? context.authorization);

    // Doctor recognizes this answer.
    if (body.length === 0 && isScratchTag(repository, tag))
      throw new DockpassError('bad_request', 'the body is empty. Send a manifest.');
    const pusher = byBasic ?? (await findPusher(context, repository, config, verify));
    if (pusher.name === undefined) return sendForDenial(one, pusher.authorization);
    const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    try {
      return await tags.push({ repository, tag, digest }, (mayStart) =>
        send(one, pusher.authorization, mayStart),
      );
    } catch (error) {
      throw recorded(one, pusher, error);
    }
  };

  /** Sends the manifest to the registry. @throws DockpassError `not_found`, `unavailable`; OutcomeUnknown */
  const send = async (
    { request, config, context, manifest, body }: Push,
    authorization: string | undefined,
    mayStart?: () => boolean,
  ): Promise<IncomingMessage> => {
    // The registry would redirect the client to the exact path, and clients would follow with a GET.
    if (!manifest.isExact) throw notFound();
    const host = request.headers.host ?? formatHost(context.host);
    const headers = [
      ...toRegistryHeaders(request, context, host, authorization),
      ...[passedHeader.name, passedHeader.value],
    ];
    try {
      const registry = registryBehindEdge(config, parts);
      return await sendManifest(registry, { path: manifest.path, headers, body }, mayStart);
    } catch (error) {
      const failure = registryUnavailable(error);
      if (error instanceof NoAnswer && error.isUnsent) throw failure;
      throw new OutcomeUnknown(failure.message, { cause: failure });
    }
  };

  /**
   * Lets the registry deny a push in its own words, because the token is missing, not valid, or gives no right to push.
   * The registry receives no manifest. So it cannot store one if it accepts a token that dockpass does not accept.
   * @throws DockpassError `login_required`
   */
  const sendForDenial = async (one: Push, authorization: string | undefined): Promise<IncomingMessage> => {
    const answer = await send({ ...one, body: Buffer.alloc(0) }, authorization);
    if (answer.statusCode === 401 || answer.statusCode === 403) return answer;
    answer.destroy();
    throw new DockpassError(
      'login_required',
      'the tag is immutable, and dockpass has not issued this token. Log in to push.',
    );
  };

  /** While writes are stopped, nginx says so in a header. Caddy and Traefik ask before they send the manifest. */
  const isStopped = async (request: IncomingMessage): Promise<boolean> => {
    if (!asksForWrite(request)) return false;
    const headers = { 'x-forwarded-method': request.method, 'x-forwarded-uri': request.url };
    return !(await mayPass({ headers }, parts.writes ?? { mayWrite: undefined }, log));
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (await isStopped(request)) {
      answerFailure(response, log, () => denyStopped(response));
      return;
    }
    const state = currentState();
    let fromRegistry: IncomingMessage;
    try {
      fromRegistry = await push(request, state);
    } catch (error) {
      answerFailure(response, log, () => {
        const cause = error instanceof OutcomeUnknown ? error.cause : error;
        const denial = toRecordedDenial(request, cause, state.issuer.record);
        writeError(request, response, denial, log, challengeFor(request, state));
      });
      return;
    }
    try {
      // The registry sends this header itself.
      response.removeHeader('Docker-Distribution-Api-Version');
      response.writeHead(fromRegistry.statusCode ?? 502, toClientHeaders(fromRegistry));
      await pipeline(fromRegistry, response);
    } catch {
      // The client or the registry has disconnected. `pipeline` has closed the other connection.
      response.destroy();
    }
  };
  return (request, response) => void answer(request, response);
}

/** Denies pushes under a public domain, for everyone. Most edges deny them themselves. */
function requirePrivateDomain({ host }: RequestContext, { issuer }: ServerState): void {
  if (resolveRealm(host, issuer.realms).kind === 'public')
    throw new DockpassError('forbidden', pullOnlyMessage(formatHost(host), issuer.realms.loginHost));
}

/** Records an overwrite that was denied, with the tag and the person. Returns all other errors unchanged. */
function recorded({ context, state, manifest }: Push, pusher: Pusher, error: unknown): unknown {
  if (!(error instanceof DockpassError) || error.code !== 'immutable_tag') return error;
  const { repository, tag } = manifest;
  const denial = new DockpassError('immutable_tag', error.message, {
    auditDetail: `${repository}:${tag}, pushed by ${pusher.name}`,
  });
  const { address, client, host } = context;
  const scopes = [`repository:${repository}:push`];
  const realm = resolveRealm(host, state.issuer.realms);
  const request = { address, client, credentials: pusher.credentials, scopes };
  return withAuditId(denial, state.issuer.record.denied(request, realm, denial));
}

function challengeFor(request: IncomingMessage, state: ServerState): string {
  try {
    return bearerChallenge(request, readContext(request, state).host, state.issuer);
  } catch {
    return bearerChallenge(request, undefined, state.issuer);
  }
}

function notFound(): DockpassError<'not_found'> {
  return new DockpassError(
    'not_found',
    'this is not the path of a manifest. Push to /v2/NAME/manifests/TAG, without further slashes.',
  );
}
