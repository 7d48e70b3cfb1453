import { z } from 'zod';
import { orNoSuchImage, requireAction } from '../../../../admin/images/access.ts';
import {
  deleteManifest,
  deleteTag,
  previewTagDeletion,
  type DeletionParts,
} from '../../../../admin/images/delete-image.ts';
import { readImageConfig } from '../../../../admin/images/image-config.ts';
import { tagsOf, viewManifest } from '../../../../admin/images/manifest-view.ts';
import { listTags, tagOrders } from '../../../../admin/images/tags.ts';
import { formatReference } from '../../../../registry/api-client.ts';
import { readTagUsage } from '../../../../usage/tag-usage.ts';
import { list, defineRoute, noContent, ok, type Api, type Route } from '../../route.ts';
import { formatCursor, pageQuery, readPage } from '../../paging.ts';
import { askerOf } from './asker.ts';
import {
  configSchema,
  deletionSchema,
  digestParam,
  manifestSchema,
  referenceParam,
  repositoryParam,
  tagParam,
  tagSchema,
} from './schemas.ts';

const yesOrNo = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true');
const readErrors = ['no_such_image', 'registry_unreachable', 'registry_refused'] as const;
const deleteErrors = [...readErrors, 'forbidden', 'deletion_is_off'] as const;
const reference = z.strictObject({ name: repositoryParam, reference: referenceParam });
/** How old the list of tags may be from which another page is read, in milliseconds. The first page is always new. */
const maxAgeOfPagesMs = 30_000;

export const tags: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/repositories/{name}/tags',
    tag: 'Repositories',
    summary: 'List the tags of a repository',
    access: 'signed in',
    params: z.strictObject({ name: repositoryParam }),
    query: z.strictObject({
      ...pageQuery,
      order: z.enum(tagOrders).default('name').meta({
        description: '`name`: by name. `version`: `latest` first, then the highest number first',
      }),
      withoutReferrers: yesOrNo.meta({
        description: 'Leave out tags that belong to another manifest, such as `sha256-….sig`',
        example: 'true',
      }),
    }),
    answers: { 200: z.object({ items: z.array(tagSchema), next: z.string().nullable() }) },
    errors: readErrors,
    handle: async (call) => {
      const { name: repository } = call.params;
      requireAction(repository, 'pull', askerOf(call));
      const { limit, after, q } = readPage(call.query);
      const { withoutReferrers, order } = call.query;
      const maxAgeMs = after === undefined ? 0 : maxAgeOfPagesMs;
      const { tags: found, next } = await orNoSuchImage(`the repository ${repository}`, () =>
        listTags(call.api.images(), {
          repository,
          order,
          after: after?.[0],
          q,
          withoutReferrers,
          limit,
          maxAgeMs,
        }),
      );
      const usages = await readTagUsage(call.api.store, repository, found);
      const items = found.map((tag) => ({ ...tag, usage: usages.get(tag.name) ?? null }));
      return list(items, next === undefined ? null : formatCursor([next]));
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/repositories/{name}/manifests/{reference}',
    tag: 'Repositories',
    summary: 'Show a manifest by its tag or digest',
    access: 'signed in',
    params: reference,
    answers: { 200: manifestSchema },
    errors: readErrors,
    handle: async (call) => {
      const { name, reference: wanted } = call.params;
      requireAction(name, 'pull', askerOf(call));
      const found = orNoSuchImage(formatReference(name, wanted), () =>
        viewManifest(call.api.images(), name, wanted),
      );
      return ok(await found);
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/repositories/{name}/manifests/{reference}/config',
    tag: 'Repositories',
    summary: 'Show the configuration and the history of an image',
    access: 'signed in',
    params: reference,
    answers: { 200: configSchema },
    errors: [...readErrors, 'bad_usage'],
    handle: async (call) => {
      const { name, reference: wanted } = call.params;
      requireAction(name, 'pull', askerOf(call));
      const found = orNoSuchImage(formatReference(name, wanted), () =>
        readImageConfig(call.api.images(), name, wanted),
      );
      return ok(await found);
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/repositories/{name}/manifests/{digest}/tags',
    tag: 'Repositories',
    summary: 'List all tags of a manifest',
    access: 'signed in',
    params: z.strictObject({ name: repositoryParam, digest: digestParam }),
    answers: {
      200: z.object({ items: z.array(z.object({ name: z.string() })), next: z.string().nullable() }),
    },
    errors: readErrors,
    handle: async (call) => {
      const { name, digest } = call.params;
      requireAction(name, 'pull', askerOf(call));
      const found = await orNoSuchImage(formatReference(name, digest), () =>
        tagsOf(call.api.images(), name, digest),
      );
      return list(found.map((tag) => ({ name: tag })));
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/repositories/{name}/tags/{tag}/deletion',
    tag: 'Repositories',
    summary: 'Show what the deletion of a tag would delete',
    access: 'signed in',
    params: z.strictObject({ name: repositoryParam, tag: tagParam }),
    answers: { 200: deletionSchema },
    errors: deleteErrors,
    handle: async (call) => {
      const { name, tag } = call.params;
      requireAction(name, 'delete', askerOf(call));
      const found = orNoSuchImage(formatReference(name, tag), () =>
        previewTagDeletion(call.api.images(), name, tag),
      );
      return ok(await found);
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: '/repositories/{name}/tags/{tag}',
    tag: 'Repositories',
    summary: 'Delete a tag',
    access: 'signed in',
    params: z.strictObject({ name: repositoryParam, tag: tagParam }),
    query: z.strictObject({
      siblings: yesOrNo.meta({
        description: 'On a registry that cannot delete a single tag: delete all tags of the image',
        example: 'true',
      }),
    }),
    answers: { 204: null },
    errors: [...deleteErrors, 'tag_has_siblings'],
    handle: async (call) => {
      const { name, tag } = call.params;
      requireAction(name, 'delete', askerOf(call));
      await orNoSuchImage(formatReference(name, tag), () => deleteTag(partsOf(call), name, tag, call.query));
      return noContent();
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: '/repositories/{name}/manifests/{reference}',
    tag: 'Repositories',
    summary: 'Delete a manifest and all its tags',
    access: 'signed in',
    params: z.strictObject({ name: repositoryParam, reference: digestParam }),
    answers: { 204: null },
    errors: deleteErrors,
    handle: async (call) => {
      const { name, reference: digest } = call.params;
      requireAction(name, 'delete', askerOf(call));
      await orNoSuchImage(formatReference(name, digest), async () => {
        const parts = partsOf(call);
        await deleteManifest(parts, name, digest, await tagsOf(parts.registry, name, digest));
      });
      return noContent();
    },
  }),
];

function partsOf({ api }: { readonly api: Api }): DeletionParts {
  return { registry: api.images(), store: api.store, clock: api.clock };
}
