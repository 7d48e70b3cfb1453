import { useEffect, useRef, useState } from 'preact/hooks';
import type { Query } from './client.ts';
import type { Page } from './types.ts';
import { useResource, type Resource } from './use-resource.ts';

export interface List<T> extends Pick<Resource<Page<T>>, 'error' | 'isLoading' | 'reload'> {
  /** The rows of the current page; undefined while the first page is on its way. */
  readonly items: readonly T[] | undefined;
  /** The whole answer with the current page, because some lists have further members. */
  readonly answer: (Page<T> & Readonly<Record<string, unknown>>) | undefined;
  /** The number of the current page, from 1. */
  readonly page: number;
  readonly hasNext: boolean;
  showNext(): void;
  showPrevious(): void;
}

/** How many rows a page of a table has. */
export const pageSize = 50;

/**
 * Reads a list of the API page by page. If the query changes, the first page is shown.
 * @param path the path of the list, or undefined to read nothing
 */
export function useList<T>(path: string | undefined, query: Query = {}, pollMs?: number): List<T> {
  const key = JSON.stringify([path, query]);
  const [position, setPosition] = useState<{ key: string; cursors: readonly string[] }>({ key, cursors: [] });
  const cursors = position.key === key ? position.cursors : [];
  useEffect(() => setPosition({ key, cursors: [] }), [key]);
  const resource = useResource<Page<T> & Readonly<Record<string, unknown>>>(path, {
    query: { limit: pageSize, ...query, cursor: cursors.at(-1) },
    ...(pollMs !== undefined && { pollMs }),
  });
  const next = resource.data?.next ?? undefined;
  // While another page of the same list is on its way, the old rows stay visible. Otherwise the page would jump.
  const shown = useRef<{ path: string | undefined; items: readonly T[] }>(undefined);
  if (resource.data !== undefined) shown.current = { path, items: resource.data.items };
  const old = resource.error === undefined && shown.current?.path === path ? shown.current?.items : undefined;
  return {
    items: resource.data?.items ?? old,
    answer: resource.data,
    error: resource.error,
    isLoading: resource.isLoading,
    reload: resource.reload,
    page: cursors.length + 1,
    hasNext: next !== undefined,
    showNext: () => {
      if (next !== undefined) setPosition({ key, cursors: [...cursors, next] });
    },
    showPrevious: () => setPosition({ key, cursors: cursors.slice(0, -1) }),
  };
}
