import type { IncomingMessage, ServerResponse } from 'node:http';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { Config } from '../../config/load.ts';
import { DockpassError, withAuditId } from '../../errors.ts';
import { noCredentials, type Credentials } from '../../identity/credentials.ts';
import { isImmutableTag, isScratchTag } from '../../immutable/immutable-tags.ts';
import { createTagPusher, OutcomeUnknown } from '../../immutable/push-tag.ts';
import { issueToken } from '../../issue-token.ts';
import { formatHost } from '../../net/host.ts';
import { subjectClaim } from '../../policy/subject.ts';
import { pullOnlyMessage } from '../../realm/pull-only-message.ts';
import { resolveRealm } from '../../realm/resolve-realm.ts';
import { configuredRegistries } from '../../registry/configured-registries.ts';
import { NoAnswer, sendManifest } from '../../registry/send-manifest.ts';
import { parseManifestPath, type ManifestPath } from '../../scope/manifest-path.ts';
import { Secret } from '../../secret.ts';
import { basicCredentials } from '../basic-credentials.ts';
import { bearerChallenge } from '../challenge.ts';
import { answerFailure, type Endpoint } from '../endpoint.ts';
import { writeError } from '../error-response.ts';
import { readBody } from '../form-body.ts';
import { toRecordedDenial } from '../record-denial.ts';
import { readContext, type RequestContext } from '../request-context.ts';
import type { ServerState } from '../server-state.ts';
import { toClientHeaders, toRegistryHeaders } from './manifest-headers.ts';
import type { V2Parts } from './v2.ts';

/** A request to push a manifest, as far as it is the same for all tags. */
interface Push {
  readonly request: IncomingMessage;
  readonly state: ServerState;
  readonly config: Config;
  readonly context: RequestContext;
  readonly manifest: ManifestPath;
  readonly body: Buffer;
}

/** The token of a push, and whose it is. */
interface Pusher {
  readonly authorization: string | undefined;
  /** The name of the user or robot. Undefined if the token gives no right to push. */
  readonly name: string | undefined;
  readonly credentials: Credentials;
}

/**
 * Creates the endpoint for `PUT /v2/REPOSITORY/manifests/REFERENCE`. It sends the manifest on to the registry, and the
 * answer back, both unchanged. If the tag is immutable, it first makes sure that the tag does not exist and that no one
 * else pushes it at the same time. The registry decides about all rights itself.
 */
export function createManifestPush(parts: V2Parts): Endpoint {
  const { log, store, images, config, state: currentState } = parts;
  const pusher = createTagPusher(store.tagClaims, async (repository, tag) => {
    try {
      return await images(config()).api.digestOf(repository, tag);
    } catch (error) {
      if (error instanceof DockpassError && error.code === 'no_such_image') return undefined;
      throw noAnswer(error);
    }
  });

  const push = async (request: IncomingMessage, state: ServerState): Promise<IncomingMessage> => {
    const context = readContext(request, state);
    const manifest = parseManifestPath(context.path);
    if (manifest === undefined) throw notFound();
    requirePrivateDomain(context, state);
    const body = await readBody(request, 'A registry accepts no larger manifest either.');
    const one: Push = { request, state, config: config(), context, manifest, body };
    const { repository, tag } = manifest;
    const isImmutable = tag !== undefined && isImmutableTag(one.config.immutableTags, repository, tag);
    // Doctor recognizes this answer.
    if (isImmutable && body.length === 0 && isScratchTag(repository, tag))
      throw new DockpassError('bad_request', 'the body is empty. Send a manifest.');
    const who = await findPusher(one, isImmutable, parts);
    if (!isImmutable) return send(one, who.authorization);
    if (who.name === undefined) return sendForDenial(one, who.authorization);
    const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    try {
      return await pusher.push({ repository, tag, digest }, (mayStart) =>
        send(one, who.authorization, mayStart),
      );
    } catch (error) {
      throw recordedFor(one, who, error);
    }
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
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
      // The registry sends this header itself, if it wants to.
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

/** A push under a public domain is denied, whoever asks. Most edges deny it themselves. */
function requirePrivateDomain({ host }: RequestContext, { issuer }: ServerState): void {
  if (resolveRealm(host, issuer.realms).kind === 'public')
    throw new DockpassError('forbidden', pullOnlyMessage(formatHost(host), issuer.realms.loginHost));
}

/**
 * Finds out who pushes. A client with Basic credentials gets a token, as from /auth/forward. The token of any other
 * client is verified only if its tag is immutable, because the registry verifies it anyway.
 * @throws DockpassError if the Basic credentials are wrong or lack the right to push
 */
async function findPusher(
  { state, config, context, manifest: { repository } }: Push,
  isImmutable: boolean,
  { verify }: V2Parts,
): Promise<Pusher> {
  const { authorization } = context;
  if (/^basic /i.test(authorization ?? '')) {
    const credentials = basicCredentials(authorization);
    const { token, subject } = await issueToken(
      {
        ...{ host: context.host, address: context.address, client: context.client, credentials },
        ...{ service: undefined, scopes: [`repository:${repository}:pull,push`], offline: false },
        requireAll: true,
      },
      state.issuer,
    );
    return { authorization: `Bearer ${token.jwt}`, name: subjectClaim(subject), credentials };
  }
  const anyone: Pusher = { authorization, name: undefined, credentials: noCredentials };
  const jwt = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (!isImmutable || jwt === undefined) return anyone;
  const token = await verify(jwt, config);
  const mayPush = token?.access.some(
    ({ type, name, actions }) =>
      type === 'repository' && name === repository && (actions.includes('push') || actions.includes('*')),
  );
  if (token === undefined || mayPush !== true) return anyone;
  // The audit log finds the user by the name. The token has proved it, so there is no password.
  const credentials: Credentials = { kind: 'password', name: token.subject, password: new Secret('') };
  return { authorization, name: token.subject, credentials };
}

/**
 * Sends the manifest to the registry.
 * @throws DockpassError `unavailable`; OutcomeUnknown
 */
async function send(
  { request, config, context, manifest, body }: Push,
  authorization: string | undefined,
  mayStart?: () => boolean,
): Promise<IncomingMessage> {
  // The registry would redirect the client to the exact path, and clients repeat a PUT there without its body, or as a GET.
  if (!manifest.isExact) throw notFound();
  const [registry] = configuredRegistries(config);
  const host = request.headers.host ?? formatHost(context.host);
  const headers = toRegistryHeaders(request, context, host, authorization);
  try {
    return await sendManifest(registry, { path: manifest.path, headers, body }, mayStart);
  } catch (error) {
    const failure = noAnswer(error);
    if (error instanceof NoAnswer && error.isUnsent) throw failure;
    throw new OutcomeUnknown(failure.message, { cause: failure });
  }
}

/**
 * Lets the registry deny a push in its own words, because the token is missing, not valid, or gives no right to push. The
 * registry receives no manifest. So it cannot store one if it accepts a token that dockpass does not accept.
 * @throws DockpassError `login_required`
 */
async function sendForDenial(push: Push, authorization: string | undefined): Promise<IncomingMessage> {
  const answer = await send({ ...push, body: Buffer.alloc(0) }, authorization);
  if (answer.statusCode === 401 || answer.statusCode === 403) return answer;
  answer.destroy();
  throw new DockpassError(
    'login_required',
    'the tag is immutable, and dockpass has not issued this token. Log in to push.',
  );
}

/** Records an overwrite that was denied, with the tag and with the person. Leaves all other errors to the caller. */
function recordedFor({ context, state, manifest }: Push, who: Pusher, error: unknown): unknown {
  if (!(error instanceof DockpassError) || error.code !== 'immutable_tag') return error;
  const { repository, tag } = manifest;
  const detailed = new DockpassError('immutable_tag', error.message, {
    auditDetail: `${repository}:${tag}, pushed by ${who.name}`,
  });
  const { address, client } = context;
  const request = {
    address,
    client,
    credentials: who.credentials,
    scopes: [`repository:${repository}:push`],
  };
  const realm = resolveRealm(context.host, state.issuer.realms);
  return withAuditId(detailed, state.issuer.record.denied(request, realm, detailed));
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

function noAnswer(cause: unknown): DockpassError<'unavailable'> {
  return new DockpassError(
    'unavailable',
    'the registry does not answer the token server. Try again in a few seconds.',
    { cause, retryAfter: 5 },
  );
}
