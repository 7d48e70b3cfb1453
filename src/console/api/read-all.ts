import { call, type Query } from './client.ts';
import type { Page } from './types.ts';

/** Reads all pages of a list. @throws ApiError */
export async function readAll<Item>(path: string, query: Query = {}): Promise<readonly Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const { data }: { data: Page<Item> } = await call<Page<Item>>('GET', path, {
      query: { ...query, limit: 1000, cursor },
    });
    items.push(...data.items);
    cursor = data.next ?? undefined;
  } while (cursor !== undefined);
  return items;
}
