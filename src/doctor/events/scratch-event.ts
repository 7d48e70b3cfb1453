import { createHash, randomBytes } from 'node:crypto';
import type { DoctorContext } from '../context.ts';
import {
  sendRequest,
  urlOf,
  type HttpAnswer,
  type HttpRequest,
  type Target,
} from '../network/http-request.ts';
import { bearer, createProbeToken } from '../probe-token.ts';
import { canDelete } from '../registry/registry-deletes.ts';
import { scratch } from '../scratch.ts';

/** An event that doctor has caused a registry to send. */
export interface ScratchEvent {
  /** The actor of the event. No other event has it. */
  readonly actor: string;
  readonly repository: string;
}

const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const;

/**
 * Causes the registry to send an event that does not count: pushes a small image to the scratch repository and deletes
 * it. If the registry does not allow deletion, sends a HEAD request for an image that the registry has.
 * @returns undefined if the registry has no image, or does not accept the requests
 */
export async function causeEvent(context: DoctorContext, target: Target): Promise<ScratchEvent | undefined> {
  const actor = `dockpass-doctor-${randomBytes(6).toString('hex')}`;
  const repository = (await canDelete(context, target))
    ? await pushAndDelete(context, target, actor)
    : await headOfSomeImage(context, target, actor);
  return repository === undefined ? undefined : { actor, repository };
}

async function pushAndDelete(
  context: DoctorContext,
  target: Target,
  actor: string,
): Promise<string | undefined> {
  const headers = bearer(await createProbeToken(context, { actor, actions: ['pull', 'push', 'delete'] }));
  const send = (path: string, request: HttpRequest): Promise<HttpAnswer> =>
    sendRequest(target, path, { ...request, headers: { ...headers, ...request.headers } });
  const blob = randomBytes(16);
  const digest = digestOf(blob);
  const begun = await send(`/v2/${scratch}/blobs/uploads/`, { method: 'POST' });
  if (begun.status !== 202 || begun.headers.location === undefined) return undefined;
  const upload = new URL(begun.headers.location, urlOf(target));
  upload.searchParams.set('digest', digest);
  const uploaded = await send(upload.pathname + upload.search, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': String(blob.length) },
    body: blob,
  });
  if (uploaded.status !== 201) {
    await send(upload.pathname + upload.search, { method: 'DELETE' });
    return undefined;
  }
  const [mediaType] = manifestTypes;
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: blob.length };
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [] }));
  const path = `/v2/${scratch}/manifests/${digestOf(manifest)}`;
  const pushed = await send(path, { method: 'PUT', headers: { 'Content-Type': mediaType }, body: manifest });
  if (pushed.status === 201) await send(path, { method: 'DELETE' });
  await send(`/v2/${scratch}/blobs/${digest}`, { method: 'DELETE' });
  return pushed.status === 201 ? scratch : undefined;
}

/** The number of repositories in which doctor looks for an image. */
const triedCount = 10;

async function headOfSomeImage(
  context: DoctorContext,
  target: Target,
  actor: string,
): Promise<string | undefined> {
  const catalogToken = await createProbeToken(context, { actor, catalog: true });
  const catalog = await sendRequest(target, '/v2/_catalog?n=100', { headers: bearer(catalogToken) });
  const repositories = namesIn(catalog, 'repositories').filter((name) => name !== scratch);
  for (const repository of repositories.slice(0, triedCount)) {
    const token = await createProbeToken(context, { actor, actions: ['pull'], repositories: [repository] });
    const headers = bearer(token);
    const [tag] = namesIn(await sendRequest(target, `/v2/${repository}/tags/list`, { headers }), 'tags');
    if (tag === undefined) continue;
    const { status } = await sendRequest(target, `/v2/${repository}/manifests/${tag}`, {
      method: 'HEAD',
      headers: { ...headers, Accept: manifestTypes.join(', ') },
    });
    if (status === 200) return repository;
  }
  return undefined;
}

/** Returns the texts of a list in a JSON answer. Empty if the answer is another one. */
function namesIn({ status, body }: HttpAnswer, member: string): string[] {
  if (status !== 200) return [];
  try {
    const list: unknown = (JSON.parse(body) as Readonly<Record<string, unknown>>)[member];
    return Array.isArray(list) ? list.filter((name) => typeof name === 'string') : [];
  } catch {
    return [];
  }
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
