import type { Kysely } from 'kysely';
import type {
  ManifestHistory,
  ObservedRepository,
  RepositoryHistory,
  TagHistory,
} from '../../ports/retention/history.ts';
import type { Tables, UsageImageRow, UsageManifestRow, UsageTagRow } from '../tables.ts';
import { keyOf } from '../usage/keys.ts';
import { numberOrNull } from '../usage/rows.ts';
import { latest, manifestRow, openManifests, openTags, tagRow } from './record-history.ts';

/** Reads what events and lists say about the tags and manifests of a repository. */
export async function readHistory(database: Kysely<Tables>, repository: string): Promise<RepositoryHistory> {
  const key = keyOf(repository);
  const images = await database
    .selectFrom('usage_images')
    .select(['tag', 'digest', 'digest_at', 'last_pulled_at', 'last_pulled_by', 'last_pushed_at'])
    .where('repository_key', '=', key)
    .execute();
  const tagRows = await database
    .selectFrom('usage_tags')
    .selectAll()
    .where('repository_key', '=', key)
    .execute();
  const manifestRows = await database
    .selectFrom('usage_manifests')
    .selectAll()
    .where('repository_key', '=', key)
    .execute();
  const manifests = new Map(manifestRows.map((row) => [row.digest, manifestRow(row)]));
  const byTag = new Map<string, { row: UsageTagRow | undefined; uses: Image[] }>();
  for (const row of tagRows) byTag.set(row.tag, { row: tagRow(row), uses: [] });
  const byDigest = new Map<string, { row: UsageManifestRow | undefined; uses: Image[] }>();
  for (const row of manifests.values()) byDigest.set(row.digest, { row, uses: [] });
  for (const image of images) {
    if (image.tag !== null) entryOf(byTag, image.tag).uses.push(image);
    if (image.digest !== null) entryOf(byDigest, image.digest).uses.push(image);
  }
  return {
    tags: [...byTag].map(([name, { row, uses }]) => tagHistory(name, row, uses, manifests)),
    manifests: [...byDigest].flatMap(([digest, { row, uses }]) => manifestHistory(digest, row, uses)),
  };
}

/** @param uses the images with this digest, with and without a tag */
function manifestHistory(
  digest: string,
  row: UsageManifestRow | undefined,
  uses: readonly Image[],
): ManifestHistory[] {
  const namedAt = Math.max(
    ...[row?.named_at, row?.pushed_at, ...uses.map(({ digest_at: at }) => Number(at))].map(
      (at) => at ?? -Infinity,
    ),
  );
  if (row?.deleted_at !== undefined && row.deleted_at !== null && row.deleted_at >= namedAt) return [];
  const byDigest = uses.filter(({ tag }) => tag === null);
  const pushes = byDigest.flatMap(({ last_pushed_at: at }) => (at === null ? [] : Number(at)));
  return [
    {
      digest,
      isNamedByEvents: namedAt > -Infinity,
      pushedAt: pushes.length === 0 ? undefined : Math.max(...pushes),
      lastPull: lastPull(byDigest),
      untaggedAt: row?.untagged_at ?? undefined,
    },
  ];
}

type Image = Pick<
  UsageImageRow,
  'tag' | 'digest' | 'digest_at' | 'last_pulled_at' | 'last_pulled_by' | 'last_pushed_at'
>;

function entryOf<Row>(
  entries: Map<string, { row: Row | undefined; uses: Image[] }>,
  key: string,
): { readonly uses: Image[] } {
  const known = entries.get(key);
  if (known !== undefined) return known;
  const entry = { row: undefined, uses: [] };
  entries.set(key, entry);
  return entry;
}

function tagHistory(
  name: string,
  row: UsageTagRow | undefined,
  uses: readonly Image[],
  manifests: ReadonlyMap<string, UsageManifestRow>,
): TagHistory {
  const tagDeletedAt = row?.deleted_at ?? -Infinity;
  /** Undefined if the tag or its manifest was deleted later, or at the same time. */
  const stillThere = (at: number | null | undefined, digest: string | null | undefined) =>
    at !== null &&
    at !== undefined &&
    digest !== null &&
    digest !== undefined &&
    at > Math.max(tagDeletedAt, manifests.get(digest)?.deleted_at ?? -Infinity)
      ? { at, digest }
      : undefined;
  const push = stillThere(row?.pushed_at, row?.pushed_digest);
  const named = [
    push,
    stillThere(row?.listed_at, row?.listed_digest),
    ...uses.map(({ digest_at: at, digest }) => stillThere(Number(at), digest)),
  ].filter((one) => one !== undefined);
  const newest = named.reduce<(typeof named)[number] | undefined>(
    (last, one) => (last === undefined || one.at > last.at ? one : last),
    undefined,
  );
  return { name, push, lastPull: lastPull(uses), digest: newest?.digest };
}

function lastPull(uses: readonly Image[]): TagHistory['lastPull'] {
  return uses.reduce<TagHistory['lastPull']>((last, { last_pulled_at, last_pulled_by: by }) => {
    const at = numberOrNull(last_pulled_at);
    return at !== null && (last === undefined || at > last.at) ? { at, by: by ?? '' } : last;
  }, undefined);
}

/** Stores what the registry was found to contain, so that later events and lists can be compared with it. */
export async function recordObservation(
  transaction: Kysely<Tables>,
  repository: string,
  { tags, missingTags, untagged, missingManifests }: ObservedRepository,
  at: number,
): Promise<void> {
  const names = [...tags.map(({ name }) => name), ...missingTags];
  const tagRows = await openTags(
    transaction,
    names.map((tag) => ({ repository, tag })),
  );
  for (const { name, digest } of tags) {
    const row = tagRows.get(repository, name);
    row.listed_at = latest(row.listed_at, at);
    row.listed_digest = digest;
  }
  for (const name of missingTags) {
    const row = tagRows.get(repository, name);
    row.deleted_at = latest(row.deleted_at, at);
  }
  const digests = [...untagged, ...missingManifests];
  const manifestRows = await openManifests(
    transaction,
    digests.map((digest) => ({ repository, digest })),
  );
  for (const digest of untagged) {
    const row = manifestRows.get(repository, digest);
    row.untagged_at = latest(row.untagged_at, at);
  }
  for (const digest of missingManifests) {
    const row = manifestRows.get(repository, digest);
    row.deleted_at = latest(row.deleted_at, at);
  }
  await tagRows.write();
  await manifestRows.write();
}
