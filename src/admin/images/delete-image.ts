import type { Clock } from '../../clock.ts';
import { DockpassError, messageOf } from '../../errors.ts';
import { formatReference } from '../../registry/api-client.ts';
import type { Store } from '../../store/store.ts';
import { change } from '../change.ts';
import type { ImageRegistry } from './image-registry.ts';
import { tagsOf } from './manifest-view.ts';

export interface DeletionParts {
  readonly registry: ImageRegistry;
  /** The database whose audit log records the deletion. Undefined if the command line runs without a database. */
  readonly store: Store | undefined;
  readonly clock: Clock;
}

/** What the deletion of a tag would delete. */
export interface TagDeletion {
  readonly digest: string;
  /** True if the registry can delete only the manifest with all its tags, as distribution 2.8. */
  readonly deletesImage: boolean;
  /** The tags that would be deleted, the given one first. */
  readonly deleted: readonly string[];
  /** The other tags of the manifest, which would stay. */
  readonly kept: readonly string[];
}

/**
 * Says what `deleteTag` would delete. Deletes nothing.
 * @throws DockpassError `deletion_is_off`, `no_such_image`, `registry_unreachable`, `registry_refused`
 */
export async function previewTagDeletion(
  registry: ImageRegistry,
  repository: string,
  tag: string,
): Promise<TagDeletion> {
  const digest = await registry.api.digestOf(repository, tag);
  const deletesImage = !(await registry.api.deletesSingleTags(repository));
  const others = (await tagsOf(registry, repository, digest)).filter((other) => other !== tag);
  return {
    ...{ digest, deletesImage },
    deleted: deletesImage ? [tag, ...others] : [tag],
    kept: deletesImage ? [] : others,
  };
}

/**
 * Deletes one tag. Distribution 3 keeps the manifest and its other tags. Distribution 2.8 can delete only the manifest
 * with all its tags; that is done only if there is no other tag, or if `siblings` is true.
 * @throws DockpassError `tag_has_siblings`, `deletion_is_off`, `no_such_image`, `registry_unreachable`,
 *   `registry_refused`
 */
export async function deleteTag(
  parts: DeletionParts,
  repository: string,
  tag: string,
  { siblings }: { readonly siblings: boolean },
): Promise<void> {
  const { api, tagLists } = parts.registry;
  const digest = await api.digestOf(repository, tag);
  if (await api.deletesSingleTags(repository)) {
    const what = `tag ${formatReference(repository, tag)} (${digest})`;
    await record(parts, what, () => api.deleteTag(repository, tag));
    tagLists.forget(repository);
    return;
  }
  const others = (await tagsOf(parts.registry, repository, digest)).filter((other) => other !== tag);
  if (others.length > 0 && !siblings)
    throw new DockpassError(
      'tag_has_siblings',
      `this registry cannot delete the tag ${tag} alone: ${others.length === 1 ? 'the tag' : 'the tags'} ${others.join(', ')} would be deleted too, because they are the same image ${digest}. To delete them all, repeat the request with ?siblings=true.`,
    );
  await deleteManifest(parts, repository, digest, [tag, ...others]);
}

/**
 * Deletes the manifest with this digest, and all tags that refer to it.
 * @param tags the tags, for the audit log
 * @throws DockpassError `deletion_is_off`, `no_such_image`, `registry_unreachable`, `registry_refused`
 */
export async function deleteManifest(
  parts: DeletionParts,
  repository: string,
  digest: string,
  tags: readonly string[],
): Promise<void> {
  const { api, tagLists } = parts.registry;
  const named = tags.length === 0 ? '' : ` with the ${tags.length === 1 ? 'tag' : 'tags'} ${shorten(tags)}`;
  await record(parts, `image ${formatReference(repository, digest)}${named}`, () =>
    api.deleteManifest(repository, digest),
  );
  tagLists.forget(repository);
}

/** The number of tags that an audit row names. */
const maxNamedTags = 20;

function shorten(tags: readonly string[]): string {
  const more = tags.length > maxNamedTags ? ` and ${tags.length - maxNamedTags} more` : '';
  return `${tags.slice(0, maxNamedTags).join(', ')}${more}`;
}

/**
 * Runs a deletion and records it. The audit row is written first, so that no image is deleted without one. If the
 * deletion fails, a second row says so.
 */
async function record(
  { store, clock }: DeletionParts,
  what: string,
  work: () => Promise<void>,
): Promise<void> {
  const write = async (text: string): Promise<void> => {
    if (store !== undefined) await change(store, clock, { subject: '', what: text }, async () => {});
  };
  await write(`${what} deleted`);
  try {
    await work();
  } catch (error) {
    await write(`${what} not deleted: ${error instanceof DockpassError ? error.code : messageOf(error)}`);
    throw error;
  }
}
