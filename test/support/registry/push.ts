import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { operatorTokens } from '../../../src/admin/operator-token.ts';
import { systemClock } from '../../../src/clock.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { openKeyRing } from '../../../src/keys/open-key-ring.ts';
import type { Authorize } from '../../../src/registry/api-client.ts';
import type { DockpassHome } from '../dockpass/dockpass.ts';
import type { Registry } from './registry.ts';

export const mediaTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

/** A descriptor as in a manifest. */
export interface Pushed {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** Pushes to a registry as a client does, with tokens that are signed with the keys of a dockpass directory. */
export interface Pusher {
  blob(repository: string, content: string | Uint8Array, mediaType: string): Promise<Pushed>;
  /** Pushes a manifest under these tags, or under its digest if there are none. */
  manifest(repository: string, manifest: object, ...tags: readonly string[]): Promise<Pushed>;
  /** Pushes an image with one layer of this content, and with this image configuration. */
  image(repository: string, image: TestImage, ...tags: readonly string[]): Promise<Pushed>;
}

export interface TestImage {
  readonly layer: string;
  readonly config?: object;
  readonly annotations?: Readonly<Record<string, string>>;
}

export async function createPusher(
  home: Pick<DockpassHome, 'directory'>,
  registry: Pick<Registry, 'url'>,
): Promise<Pusher> {
  const config = await loadConfig({
    environment: { DOCKPASS_KEYS_DIRECTORY: join(home.directory, 'keys') },
  });
  return pusherTo(
    registry.url,
    operatorTokens(await openKeyRing(config.keys, systemClock), config, systemClock),
  );
}

/** Pushes to the registry with this URL. @param authorize creates the tokens */
export function pusherTo(registryUrl: string, authorize: Authorize): Pusher {
  const send = async (
    repository: string,
    method: string,
    url: string,
    type: string,
    body?: Uint8Array | string,
  ) => {
    const scope = { type: 'repository', class: undefined, name: repository, actions: ['pull', 'push'] };
    const answer = await fetch(new URL(url, registryUrl), {
      method,
      headers: { Authorization: `Bearer ${await authorize(scope)}`, 'Content-Type': type },
      body: (body as string | undefined) ?? null,
    });
    if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const blob: Pusher['blob'] = async (repository, content, mediaType) => {
    const bytes = Buffer.from(content);
    const octets = 'application/octet-stream';
    const started = await send(repository, 'POST', `/v2/${repository}/blobs/uploads/`, octets);
    const upload = new URL(started.headers.get('Location') ?? '', registryUrl);
    upload.searchParams.set('digest', digestOf(bytes));
    await send(repository, 'PUT', upload.href, octets, bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const manifest: Pusher['manifest'] = async (repository, value, ...tags) => {
    const bytes = Buffer.from(JSON.stringify(value));
    const { mediaType } = value as { mediaType: string };
    for (const reference of tags.length > 0 ? tags : [digestOf(bytes)])
      await send(repository, 'PUT', `/v2/${repository}/manifests/${reference}`, mediaType, bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  return {
    blob,
    manifest,
    image: async (repository, { layer, config: image = {}, annotations }, ...tags) => {
      const value = {
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        config: await blob(repository, JSON.stringify(image), mediaTypes.config),
        layers: [await blob(repository, layer, mediaTypes.layer)],
        ...(annotations && { annotations }),
      };
      return manifest(repository, value, ...tags);
    },
  };
}

export function digestOf(content: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
