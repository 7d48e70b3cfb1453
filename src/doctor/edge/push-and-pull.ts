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

/** A host that a client makes up. If an answer contains it, the edge passes on what clients write. */
export const inventedHost = 'dockpass-doctor.invalid';

/** Bytes of the small chunks. Several registries behind one edge would each get some of them. */
const smallChunk = 1024;
const smallChunkCount = 6;
/** Bytes of the last chunk. */
const largeChunk = 1024 * 1024;
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** One request of the transfer that was answered with another status than a registry gives. */
export interface Step {
  /** For people: `Uploading 1 MiB`. */
  readonly name: string;
  readonly method: string;
  /** Undefined if the connection broke or led elsewhere. */
  readonly status: number | undefined;
  readonly summary: string;
}

/** What happened. A member is undefined if the transfer did not get so far. */
export interface Transfer {
  /** The step that failed, if one did. */
  readonly failed: Step | undefined;
  /** Where the registry tells the client to continue the upload. */
  readonly location: URL | undefined;
  /** The same for a client that sends an invented X-Forwarded-Host and Forwarded. */
  readonly invitedLocation: URL | undefined;
  /** The answers to the small chunks of the upload: 202 if the registry knows the upload. */
  readonly chunks: readonly HttpAnswer[];
  /** The manifest as it was pushed and as it came back. */
  readonly content: { readonly sent: string; readonly received: string } | undefined;
  /** Where the registry sends clients for the blob, if it does not send the blob itself. */
  readonly redirect: { readonly origin: string; readonly isReachable: boolean } | undefined;
  /** The status of a request for the first ten bytes of the blob. */
  readonly rangeStatus: number | undefined;
}

interface BlobDescriptor {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

class StepFailed extends Error {
  readonly step: Step;

  constructor(step: Step) {
    super(step.name);
    this.step = step;
  }
}

/** @returns undefined if there is no robot, or if it may not write */
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
    chunks: [],
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
  const { chunks, blob: head, location } = await client.sendChunks(transfer.location);
  transfer.chunks = chunks;
  if (head.length < smallChunk * smallChunkCount) {
    const failed = chunks.find(({ status }) => status !== 202);
    // If the registry knows some chunks, or denies all because of their address, the judge names the cause.
    if (failed !== undefined && head.length === 0 && failed.status !== 404)
      throw new StepFailed(stepOf('Uploading a chunk', 'PATCH', failed));
    return;
  }

  const tail = randomBytes(largeChunk);
  const patched = await client.step('Uploading 1 MiB', pathOf(location), 202, chunkOf(tail));
  const next = client.locationOf(patched);
  client.startedUpload(next);
  if (!deletes) {
    await client.step('Canceling the upload', pathOf(next), 204, { method: 'DELETE' });
    return client.endedUpload();
  }
  const blob = Buffer.concat([head, tail]);
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
  else if (head.status !== 200) throw new StepFailed(stepOf('Asking for the blob', 'HEAD', head));
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

/** A manifest with an address in it, because proxies that rewrite answers most often change addresses. */
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

/** A registry client with one token, which remembers what it has to clean up. */
class Client {
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

  /** @throws StepFailed if the status is not `expected` */
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

  /** Starts another upload as a client that makes up the host, and cancels it. @returns where it would continue */
  async inviteElsewhere(path: string): Promise<URL | undefined> {
    const headers = { 'X-Forwarded-Host': inventedHost, Forwarded: `host=${inventedHost};proto=https` };
    const begun = await this.send(path, { method: 'POST', headers });
    if (begun.status !== 202) return undefined;
    const location = this.locationOf(begun);
    await this.send(pathOf(location), { method: 'DELETE' });
    return location;
  }

  /** Sends small chunks. Each continues where the last one that was accepted ended, so a lost chunk does no harm. */
  async sendChunks(start: URL): Promise<{ chunks: HttpAnswer[]; blob: Buffer; location: URL }> {
    const chunks: HttpAnswer[] = [];
    let blob = Buffer.alloc(0);
    let location = start;
    for (let sent = 0; sent < smallChunkCount; sent++) {
      const chunk = randomBytes(smallChunk);
      const answer = await this.send(pathOf(location), chunkOf(chunk));
      chunks.push(answer);
      if (answer.status !== 202) continue;
      blob = Buffer.concat([blob, chunk]);
      location = this.locationOf(answer);
      this.startedUpload(location);
    }
    return { chunks, blob, location };
  }

  /** Cancels the upload and deletes what a failed step left behind, as far as the edge lets it. */
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
