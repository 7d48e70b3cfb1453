import { createHash, randomBytes } from 'node:crypto';
import { summarizeAnswer } from '../network/challenge.ts';
import type { DoctorContext } from '../context.ts';
import type { ReachableDomain } from '../domains.ts';
import {
  sendRequest,
  tryConnection,
  urlOf,
  type HttpAnswer,
  type HttpRequest,
  type Target,
} from '../network/http-request.ts';
import { bearer } from '../probe-token.ts';
import { scratch } from '../scratch.ts';
import { robotActions } from '../robot.ts';
import { canDelete } from '../registry/registry-deletes.ts';
import { robotToken } from './robot-login.ts';
import { claimsIn, tokenIn } from './token-answer.ts';

/**
 * A host name that doctor invents and sends in the headers X-Forwarded-Host and Forwarded. If the registry's answer
 * contains this name, the edge has passed at least one of the two headers on to the registry.
 */
export const inventedHost = 'dockpass-doctor.invalid';

/** The size of the pushed blob in bytes. */
const blobSize = 1024 * 1024;
export const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** A request that failed while doctor pushed, pulled or deleted its test image: the answer had an unexpected status. */
export interface Step {
  /** The description of the request that messages show, such as `Uploading 1 MiB`. */
  readonly name: string;
  readonly method: string;
  /** The status of the answer. */
  readonly status: number;
  readonly summary: string;
}

/**
 * What doctor measured while it pushed and pulled an image. A property is undefined if doctor stopped before the step
 * that measures it.
 */
export interface Transfer {
  /** The request that failed; undefined if no request failed. */
  readonly failed: Step | undefined;
  /** The URL that the registry returned for continuing the upload. */
  readonly location: URL | undefined;
  /**
   * The URL that the registry returned for continuing a second upload. doctor starts this upload with an invented host
   * name in the headers X-Forwarded-Host and Forwarded, to see whether the URL contains this name.
   */
  readonly invitedLocation: URL | undefined;
  /** The text of the manifest as doctor pushed it (`sent`) and as doctor pulled it (`received`). */
  readonly content: { readonly sent: string; readonly received: string } | undefined;
  /**
   * The address to which the registry redirects downloads of the blob; undefined if the registry sends the blob itself.
   */
  readonly redirect: { readonly origin: string; readonly isReachable: boolean } | undefined;
  /** The status of the answer to a request for the first ten bytes of the blob. */
  readonly rangeStatus: number | undefined;
}

interface BlobDescriptor {
  readonly digest: string;
  /** The size of the blob in bytes. */
  readonly size: number;
}

export class StepFailed extends Error {
  readonly step: Step;

  constructor(step: Step) {
    super(step.name);
    this.step = step;
  }
}

/**
 * Uses the token of doctor's robot account to push an image, pull it and delete it. If the registry does not allow
 * deletion, this function pushes no image: it only starts an upload, sends a chunk and cancels the upload.
 * @returns undefined if there is no robot, or if the robot lacks one of the rights to pull, push and delete
 */
export async function pushAndPull(
  context: DoctorContext,
  domain: ReachableDomain,
): Promise<Transfer | undefined> {
  if (context.robot === undefined) return undefined;
  const token = tokenIn(await robotToken(context, domain, context.robot));
  const granted = claimsIn(token).access?.find(({ name }) => name === scratch)?.actions ?? [];
  if (!robotActions.every((action) => granted.includes(action))) return undefined;
  const transfer: { -readonly [Key in keyof Transfer]: Transfer[Key] } = {
    failed: undefined,
    location: undefined,
    invitedLocation: undefined,
    content: undefined,
    redirect: undefined,
    rangeStatus: undefined,
  };
  const client = new Client(domain.target, token);
  try {
    await transferWith(client, transfer, await canDelete(context, domain.target));
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    transfer.failed = error.step;
  } finally {
    await client.cleanUp();
  }
  return transfer;
}

async function transferWith(
  client: Client,
  transfer: { -readonly [Key in keyof Transfer]: Transfer[Key] },
  deletes: boolean,
): Promise<void> {
  const uploads = `/v2/${scratch}/blobs/uploads/`;
  const begun = await client.step('Starting an upload', uploads, 202, { method: 'POST' });
  transfer.location = client.locationOf(begun);
  if (transfer.location.origin !== client.origin) return;
  client.startedUpload(transfer.location);
  transfer.invitedLocation = await client.inviteElsewhere(uploads);

  const blob = randomBytes(blobSize);
  const patched = await client.step('Uploading 1 MiB', pathOf(transfer.location), 202, chunkOf(blob));
  const next = client.locationOf(patched);
  client.startedUpload(next);
  if (!deletes) {
    await client.step('Canceling the upload', pathOf(next), 204, { method: 'DELETE' });
    return client.endedUpload();
  }
  const digest = digestOf(blob);
  next.searchParams.set('digest', digest);
  await client.step('Finishing the upload', pathOf(next), 201, {
    method: 'PUT',
    headers: { 'Content-Length': '0' },
  });
  client.endedUpload();
  await transferManifest(client, transfer, { digest, size: blob.length });
}

async function transferManifest(
  client: Client,
  transfer: { -readonly [Key in keyof Transfer]: Transfer[Key] },
  blob: BlobDescriptor,
): Promise<void> {
  const { digest } = blob;
  const blobPath = `/v2/${scratch}/blobs/${digest}`;
  client.created(blobPath);
  const head = await client.send(blobPath, { method: 'HEAD' });
  const isRedirect = head.status >= 300 && head.status < 400;
  if (isRedirect) transfer.redirect = await followRedirect(client, head);
  else if (head.status !== 200) throw new StepFailed(stepOf('Requesting the pushed blob', 'HEAD', head));
  else transfer.rangeStatus = (await client.send(blobPath, { headers: { Range: 'bytes=0-9' } })).status;

  const sent = manifestFor(blob);
  const manifestPath = `/v2/${scratch}/manifests/${digestOf(Buffer.from(sent))}`;
  await client.step('Pushing the manifest', manifestPath, 201, {
    method: 'PUT',
    headers: { 'Content-Type': manifestType },
    body: Buffer.from(sent),
  });
  client.created(manifestPath);
  const pulled = await client.step('Pulling the manifest', manifestPath, 200, {
    headers: { Accept: manifestType },
  });
  transfer.content = { sent, received: pulled.body };
  for (const path of [manifestPath, blobPath]) {
    await client.step('Deleting the image', path, 202, { method: 'DELETE' });
    client.deleted(path);
  }
}

/**
 * Returns a manifest that contains a URL. If a proxy rewrites URLs in responses, the pulled manifest differs from the
 * pushed manifest, so doctor finds the fault.
 */
function manifestFor(blob: BlobDescriptor): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...blob },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...blob }],
    annotations: { 'org.opencontainers.image.source': 'http://localhost:5000/dockpass-doctor' },
  });
}

async function followRedirect(client: Client, answer: HttpAnswer) {
  const { origin, protocol, port, hostname } = client.locationOf(answer);
  const at = Number(port || (protocol === 'https:' ? 443 : 80));
  const isReachable = (await tryConnection(hostname.replace(/^\[|\]$/g, ''), at)) === 'open';
  return { origin, isReachable };
}

/** Pushes a blob in one request. */
export async function pushBlob(client: Client, content: Buffer): Promise<BlobDescriptor> {
  const digest = digestOf(content);
  const uploads = `/v2/${scratch}/blobs/uploads/`;
  const begun = await client.step('Starting an upload', uploads, 202, { method: 'POST' });
  const location = client.locationOf(begun);
  client.startedUpload(location);
  location.searchParams.set('digest', digest);
  const headers = { 'Content-Type': 'application/octet-stream', 'Content-Length': String(content.length) };
  const put: HttpRequest = { method: 'PUT', headers, body: content };
  await client.step('Finishing the upload', pathOf(location), 201, put);
  client.endedUpload();
  client.created(`/v2/${scratch}/blobs/${digest}`);
  return { digest, size: content.length };
}

/** A registry client that uses one token. It records which upload, blobs and manifests still have to be removed. */
export class Client {
  readonly origin: string;
  readonly #target: Target;
  readonly #headers: Readonly<Record<string, string>>;
  #upload: string | undefined;
  readonly #created = new Set<string>();

  constructor(target: Target, token: string) {
    this.#target = target;
    this.#headers = bearer(token);
    this.origin = new URL(urlOf(target)).origin;
  }

  send(path: string, request: HttpRequest = {}): Promise<HttpAnswer> {
    const headers = { ...this.#headers, ...request.headers };
    return sendRequest(this.#target, path, { ...request, headers });
  }

  /**
   * Sends one of the requests that push, pull or delete the image.
   * @throws StepFailed if the status of the answer is not `expected`
   */
  async step(name: string, path: string, expected: number, request: HttpRequest): Promise<HttpAnswer> {
    const answer = await this.send(path, request);
    if (answer.status !== expected) throw new StepFailed(stepOf(name, request.method ?? 'GET', answer));
    return answer;
  }

  locationOf({ headers }: HttpAnswer): URL {
    return new URL(headers.location ?? '', `${this.origin}/`);
  }

  startedUpload(location: URL): void {
    this.#upload = pathOf(location);
  }

  endedUpload(): void {
    this.#upload = undefined;
  }

  created(path: string): void {
    this.#created.add(path);
  }

  deleted(path: string): void {
    this.#created.delete(path);
  }

  /**
   * Starts an additional upload with an invented host name in X-Forwarded-Host and Forwarded, and cancels this upload.
   * @returns the URL that the registry returned for continuing this upload; undefined if the registry rejected the
   * request that starts the upload
   */
  async inviteElsewhere(path: string): Promise<URL | undefined> {
    const headers = { 'X-Forwarded-Host': inventedHost, Forwarded: `host=${inventedHost};proto=https` };
    const begun = await this.send(path, { method: 'POST', headers });
    if (begun.status !== 202) return undefined;
    const location = this.locationOf(begun);
    await this.send(pathOf(location), { method: 'DELETE' });
    return location;
  }

  /**
   * Cancels an unfinished upload, and deletes the blobs and manifests that doctor has pushed but not yet deleted.
   * Connection errors are ignored.
   */
  async cleanUp(): Promise<void> {
    const paths = [...(this.#upload === undefined ? [] : [this.#upload]), ...[...this.#created].reverse()];
    for (const path of paths) await this.send(path, { method: 'DELETE' }).catch(() => undefined);
  }
}

function chunkOf(body: Buffer): HttpRequest {
  const headers = { 'Content-Type': 'application/octet-stream', 'Content-Length': String(body.length) };
  return { method: 'PATCH', headers, body };
}

function stepOf(name: string, method: string, answer: HttpAnswer): Step {
  return { name, method, status: answer.status, summary: summarizeAnswer(answer) };
}

function pathOf({ pathname, search }: URL): string {
  return pathname + search;
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
