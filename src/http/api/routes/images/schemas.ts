import { z } from 'zod';
import { manifestKinds } from '../../../../admin/images/manifest-kind.ts';
import { wholeDigest, wholeTag } from '../../../../registry/api-client.ts';
import { isRepositoryName } from '../../../../scope/parse-scopes.ts';
import { timeSchema } from '../people/schemas.ts';

/** A path parameter with the name of a repository, percent-encoded: `team%2Fapp`. */
export const repositoryParam = z
  .string()
  .refine(isRepositoryName, 'must be the name of a repository, such as team/app. Write / as %2F')
  .meta({ description: 'The repository; `/` is written as `%2F`', example: 'team%2Fapp' });
export const tagParam = z.string().regex(wholeTag, 'must be a tag, such as 1.0');
export const digestParam = z
  .string()
  .max(200)
  .regex(wholeDigest, 'must be a digest, such as sha256:… with 64 hexadecimal digits');
export const referenceParam = z
  .string()
  .max(200)
  .refine((text) => wholeTag.test(text) || wholeDigest.test(text), 'must be a tag or a digest');

const text = z.string().nullable();
const bytes = z.int().nonnegative();
const kindSchema = z.enum(manifestKinds).meta({ id: 'ManifestKind', description: 'What a manifest is' });

const platformSchema = z
  .object({ os: z.string(), architecture: z.string(), variant: text })
  .meta({ id: 'Platform' });

const descriptorSchema = z
  .object({
    digest: z.string(),
    mediaType: z.string(),
    size: bytes,
    artifactType: text,
    platform: platformSchema.nullable(),
    annotations: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Descriptor', description: 'A reference to content in the registry' });

const referrerSchema = z
  .object({ kind: kindSchema, tag: text, digest: text, artifactType: text })
  .meta({ id: 'Referrer', description: 'A manifest that refers to another one, such as its signature' });

const summary = {
  kind: kindSchema.nullable(),
  mediaType: text,
  artifactType: text,
  size: bytes.nullable().meta({
    description: 'Bytes that a client downloads. For an index, the sum for all platforms',
  }),
  created: timeSchema.nullable(),
  platforms: z.array(platformSchema.extend({ digest: z.string(), size: bytes.nullable() })),
};

const count = z.int().nonnegative();

/** The members that say how a tag was used. */
export const tagUsage = {
  pulls: count.meta({ description: 'Pulls by the tag, and by the digest that it has now' }),
  lastPulledAt: timeSchema.nullable(),
  lastPulledBy: text.meta({ description: 'The user, robot or trust rule. `null`: an anonymous client' }),
  pushes: count,
  lastPushedAt: timeSchema.nullable(),
  lastPushedBy: text,
};

export const tagSchema = z
  .object({
    name: z.string(),
    digest: text.meta({ description: '`null` if the manifest cannot be read; `problem` says why' }),
    ...summary,
    subject: text.meta({ description: 'The digest of the manifest that this one refers to' }),
    referrers: z.array(referrerSchema),
    usage: z
      .object(tagUsage)
      .nullable()
      .meta({ description: 'How the tag was used. `null` if no event of the registry named it' }),
    problem: z.string().optional(),
  })
  .meta({ id: 'Tag' });

export const manifestSchema = z
  .object({
    digest: z.string(),
    ...summary,
    manifestSize: bytes.meta({ description: 'The size of the manifest itself, in bytes' }),
    subject: text,
    config: descriptorSchema.nullable(),
    layers: z.array(descriptorSchema),
    manifests: z.array(descriptorSchema.extend({ kind: kindSchema })),
    annotations: z.record(z.string(), z.string()),
    referrers: z.array(referrerSchema),
  })
  .meta({ id: 'Manifest' });

export const configSchema = z
  .object({
    digest: z.string(),
    platform: platformSchema.nullable(),
    created: timeSchema.nullable(),
    author: text,
    history: z.array(
      z.object({
        created: timeSchema.nullable(),
        createdBy: text,
        comment: text,
        layer: z.object({ digest: z.string(), mediaType: z.string(), size: bytes }).nullable(),
      }),
    ),
    document: z
      .record(z.string(), z.unknown())
      .meta({ description: 'The whole configuration, as it is in the registry' }),
  })
  .meta({ id: 'ImageConfig' });

export const deletionSchema = z
  .object({
    digest: z.string(),
    deletesImage: z.boolean().meta({
      description: 'Whether the registry can delete only the manifest with all its tags',
    }),
    deleted: z.array(z.string()).meta({ description: 'The tags that would be deleted' }),
    kept: z.array(z.string()).meta({ description: 'The other tags of the manifest, which would stay' }),
  })
  .meta({ id: 'TagDeletion' });
