import { join } from 'node:path';
import { openImageRegistry } from '../../../src/admin/images/image-registry.ts';
import { retentionOf } from '../../../src/admin/retention/open-retention.ts';
import type { RetentionParts } from '../../../src/admin/retention/retention-parts.ts';
import { systemClock } from '../../../src/clock.ts';
import type { PlacedEvent } from '../../../src/events/registry-event.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { mediaTypes, pusherTo, type Pushed, type Pusher } from '../registry/push.ts';
import { startRegistry, type Registry, type RegistryVersion } from '../registry/registry.ts';
import { afterwards } from '../run/afterwards.ts';
import { temporaryDirectory } from '../run/temp.ts';
import { ruleOf, type WrittenRule } from './rules.ts';

export const hourMs = 60 * 60 * 1000;
export const dayMs = 24 * hourMs;

/** A real registry without tokens, an empty database, and functions that say when something was pushed or pulled. */
export interface RetentionLab {
  readonly registry: Registry;
  readonly store: Store;
  readonly pusher: Pusher;
  /** Pushes an image, and reports that this happened so many days ago. */
  push(repository: string, tag: string | null, daysAgo: number, content?: string): Promise<Pushed>;
  /** Pushes a manifest, and reports that this happened so many days ago. */
  pushManifest(repository: string, manifest: object, tag: string | null, daysAgo: number): Promise<Pushed>;
  report(event: Partial<PlacedEvent>, daysAgo: number): Promise<void>;
  parts(...rules: readonly WrittenRule[]): RetentionParts;
  tags(repository: string): Promise<string[]>;
  /** Returns true if the manifest and all that it needs can be pulled. */
  isWhole(repository: string, reference: string): Promise<boolean>;
}

let eventCount = 0;
let imageCount = 0;

export async function startRetentionLab(version: RegistryVersion): Promise<RetentionLab> {
  const registry = await startRegistry(version);
  const store = await openStore(join(await temporaryDirectory('retention'), 'dockpass.db'));
  afterwards(() => store.close());
  const pusher = pusherTo(registry.url, () => Promise.resolve('unused'));
  const images = openImageRegistry(new URL(registry.url), () => Promise.resolve('unused'), systemClock);
  const report: RetentionLab['report'] = async (event, daysAgo) => {
    const full: PlacedEvent = {
      ...{ id: `event ${++eventCount}`, at: Date.now() - daysAgo * dayMs, kind: 'push', repository: '' },
      ...{ tag: null, digest: null, mediaType: mediaTypes.manifest, children: null, actor: 'ci' },
      ...{ address: '192.0.2.1', host: 'registry.example.com', userAgent: 'docker/29', domain: 'private' },
      ...event,
    };
    await store.usage.record([full], Date.now());
  };
  // Events have been received for a long time.
  await store.usage.record(
    [
      {
        ...{ id: 'first', at: Date.now() - 400 * dayMs, kind: 'head', repository: 'first', tag: 'first' },
        ...{ digest: null, mediaType: '', children: null, actor: '', address: '', host: '' },
        ...{ userAgent: '', domain: 'private' },
      },
    ],
    Date.now() - 400 * dayMs,
  );
  const reported = async (
    repository: string,
    tag: string | null,
    daysAgo: number,
    pushed: Pushed,
  ): Promise<Pushed> => {
    await report({ repository, tag, digest: pushed.digest, mediaType: pushed.mediaType }, daysAgo);
    return pushed;
  };
  const listOf = (tag: string | null): readonly string[] => (tag === null ? [] : [tag]);
  const pushManifest: RetentionLab['pushManifest'] = async (repository, manifest, tag, daysAgo) =>
    reported(repository, tag, daysAgo, await pusher.manifest(repository, manifest, ...listOf(tag)));
  const get = async (path: string): Promise<Response> =>
    fetch(new URL(path, registry.url), {
      headers: { Accept: `${mediaTypes.manifest}, ${mediaTypes.index}` },
    });
  const isWhole: RetentionLab['isWhole'] = async (repository, reference) => {
    const answer = await get(`/v2/${repository}/manifests/${reference}`);
    const found = (await answer.json()) as {
      readonly manifests?: readonly Pushed[];
      readonly config?: Pushed;
      readonly layers?: readonly Pushed[];
    };
    if (!answer.ok) return false;
    const { manifests = [], config, layers = [] } = found;
    for (const { digest } of manifests) if (!(await isWhole(repository, digest))) return false;
    for (const { digest } of [...(config === undefined ? [] : [config]), ...layers]) {
      const blob = await get(`/v2/${repository}/blobs/${digest}`);
      await blob.arrayBuffer();
      if (!blob.ok) return false;
    }
    return true;
  };
  return {
    ...{ registry, store, pusher, report, pushManifest, isWhole },
    push: async (repository, tag, daysAgo, content = `image ${++imageCount}`) => {
      const image = { layer: content, config: { content } };
      return reported(repository, tag, daysAgo, await pusher.image(repository, image, ...listOf(tag)));
    },
    parts: (...rules) =>
      retentionOf(images, { retention: rules.map((rule, at) => ruleOf(rule, at + 1)) }, store, systemClock),
    tags: async (repository) => {
      const answer = await get(`/v2/${repository}/tags/list`);
      const { tags } = (await answer.json()) as { readonly tags?: string[] | null };
      return (tags ?? []).sort();
    },
  };
}
