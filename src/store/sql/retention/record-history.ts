import type { Kysely } from 'kysely';
import { isOwn } from '../../../events/own-actor.ts';
import type { PlacedEvent } from '../../../events/registry-event.ts';
import { insertRows, readRows } from '../usage/many-rows.ts';
import type { Tables, UsageManifestRow, UsageTagRow } from '../tables.ts';
import { hexKeyOf, keyOf, rememberedKeys } from '../usage/keys.ts';
import { numberOrNull } from '../usage/rows.ts';

/**
 * Stores what events say about tags and manifests: which manifests there are, their newest push and deletion, and when a
 * manifest lost a tag. If
 * events arrive in another order than they happened, the time of a loss can become later, but never earlier.
 */
export async function recordHistory(
  transaction: Kysely<Tables>,
  events: readonly PlacedEvent[],
): Promise<void> {
  const changes = events.filter(({ kind }) => kind === 'push' || kind === 'delete');
  const named = events.filter(
    (event) => event.kind === 'push' || ((event.kind === 'get' || event.kind === 'head') && !isOwn(event)),
  );
  const tags = await openTags(
    transaction,
    changes.flatMap(({ repository, tag }) => (tag === null ? [] : [{ repository, tag }])),
  );
  const manifests = await openManifests(transaction, [
    ...[...changes, ...named].flatMap(({ repository, digest }) =>
      digest === null ? [] : [{ repository, digest }],
    ),
    ...changes.flatMap(({ repository, tag }) => {
      const row = tag === null ? undefined : tags.get(repository, tag);
      return [row?.pushed_digest, row?.listed_digest].flatMap((digest) =>
        digest === null || digest === undefined ? [] : [{ repository, digest }],
      );
    }),
  ]);
  for (const { repository, digest, at } of named)
    if (digest !== null) manifests.get(repository, digest).named_at ??= at;
  for (const { kind, repository, tag, digest, at } of [...changes].sort((a, b) => a.at - b.at)) {
    const loseTag = (loser: string | null, lostAt: number): void => {
      if (loser === null) return;
      const row = manifests.get(repository, loser);
      row.untagged_at = latest(row.untagged_at, lostAt);
    };
    if (kind === 'delete') {
      if (tag === null) {
        if (digest === null) continue;
        const row = manifests.get(repository, digest);
        row.deleted_at = latest(row.deleted_at, at);
        continue;
      }
      const row = tags.get(repository, tag);
      if (row.pushed_at !== null && row.pushed_at <= at) loseTag(row.pushed_digest, at);
      if (row.listed_at !== null && row.listed_at <= at) loseTag(row.listed_digest, at);
      row.deleted_at = latest(row.deleted_at, at);
      continue;
    }
    if (digest === null) continue;
    const manifest = manifests.get(repository, digest);
    manifest.pushed_at = latest(manifest.pushed_at, at);
    if (tag === null) continue;
    const row = tags.get(repository, tag);
    if (row.listed_digest !== digest && row.listed_at !== null && row.listed_at <= at)
      loseTag(row.listed_digest, at);
    if (row.deleted_at !== null && row.deleted_at >= at) loseTag(digest, row.deleted_at);
    if (row.pushed_at === null || at > row.pushed_at || (at === row.pushed_at && isAfter(digest, row))) {
      if (row.pushed_digest !== digest) loseTag(row.pushed_digest, at);
      row.pushed_at = at;
      row.pushed_digest = digest;
    } else if (row.pushed_digest !== digest) loseTag(digest, row.pushed_at);
  }
  await tags.write();
  await manifests.write();
}

/** Of two pushes at the same millisecond, the one with the greater digest counts, in any order of arrival. */
function isAfter(digest: string, { pushed_digest }: UsageTagRow): boolean {
  return digest > (pushed_digest ?? '');
}

export function latest(one: number | null, other: number): number {
  return one === null ? other : Math.max(one, other);
}

interface OpenTags {
  get(repository: string, tag: string): UsageTagRow;
  write(): Promise<void>;
}

/** Reads the rows of these tags. `write` writes them after they were changed in memory. */
export async function openTags(
  transaction: Kysely<Tables>,
  wanted: readonly { readonly repository: string; readonly tag: string }[],
): Promise<OpenTags> {
  const rows = new Map<string, UsageTagRow>();
  for (const { repository, tag } of wanted) {
    const tagKey = keyOf(repository, tag);
    rows.set(tagKey.toString('hex'), {
      ...{ tag_key: tagKey, repository_key: keyOf(repository), tag },
      ...{ pushed_at: null, pushed_digest: null, deleted_at: null, listed_at: null, listed_digest: null },
    });
  }
  const found = await readRows(
    transaction,
    'usage_tags',
    'tag_key',
    'bytea',
    [...rows.values()].map(({ tag_key: key }) => key),
  );
  for (const row of found) rows.set(Buffer.from(row.tag_key).toString('hex'), tagRow(row));
  return {
    get: (repository, tag) => rows.get(hexKeyOf(repository, tag)) as UsageTagRow,
    write: () =>
      insertRows(transaction, 'usage_tags', [...rows.values()], {
        key: ['tag_key'],
        replaced: ['pushed_at', 'pushed_digest', 'deleted_at', 'listed_at', 'listed_digest'],
      }),
  };
}

interface OpenManifests {
  get(repository: string, digest: string): UsageManifestRow;
  write(): Promise<void>;
}

/** Reads the rows of these manifests. `write` writes them after they were changed in memory. */
export async function openManifests(
  transaction: Kysely<Tables>,
  wanted: readonly { readonly repository: string; readonly digest: string }[],
): Promise<OpenManifests> {
  const rows = new Map<string, UsageManifestRow>();
  const before = new Map<string, string>();
  const keys = rememberedKeys();
  for (const { repository, digest } of wanted) {
    const key = keys(repository, digest);
    if (rows.has(key)) continue;
    rows.set(key, {
      ...{
        manifest_key: Buffer.from(key, 'hex'),
        repository_key: Buffer.from(keys(repository), 'hex'),
        digest,
      },
      ...{ named_at: null, pushed_at: null, untagged_at: null, deleted_at: null },
    });
  }
  const found = await readRows(
    transaction,
    'usage_manifests',
    'manifest_key',
    'bytea',
    [...rows.values()].map(({ manifest_key: key }) => key),
  );
  for (const row of found) {
    const key = Buffer.from(row.manifest_key).toString('hex');
    rows.set(key, manifestRow(row));
    before.set(key, timesOf(manifestRow(row)));
  }
  return {
    get: (repository, digest) => rows.get(keys(repository, digest)) as UsageManifestRow,
    write: async () => {
      const changed = [...rows].filter(([key, row]) => before.get(key) !== timesOf(row));
      await insertRows(
        transaction,
        'usage_manifests',
        changed.map(([, row]) => row),
        { key: ['manifest_key'], replaced: ['named_at', 'pushed_at', 'untagged_at', 'deleted_at'] },
      );
    },
  };
}

function timesOf({ named_at, pushed_at, untagged_at, deleted_at }: UsageManifestRow): string {
  return JSON.stringify([named_at, pushed_at, untagged_at, deleted_at]);
}

export function tagRow(row: UsageTagRow): UsageTagRow {
  return {
    ...row,
    pushed_at: numberOrNull(row.pushed_at),
    deleted_at: numberOrNull(row.deleted_at),
    listed_at: numberOrNull(row.listed_at),
  };
}

export function manifestRow(row: UsageManifestRow): UsageManifestRow {
  return {
    ...row,
    named_at: numberOrNull(row.named_at),
    pushed_at: numberOrNull(row.pushed_at),
    untagged_at: numberOrNull(row.untagged_at),
    deleted_at: numberOrNull(row.deleted_at),
  };
}
