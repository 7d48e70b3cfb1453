import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { call, type Answer, type Query } from '../../api/client.ts';
import type { ApiError } from '../../api/problem.ts';
import { keyOfEvent, type AuditItem, type AuditPage } from '../../model/audit/audit-item.ts';
import type { AuditFilters } from '../../model/audit/filters.ts';

export const pageSize = 50;
/** The largest number of new events that the live view keeps. */
const maxLive = 200;
/** How often the live view asks for new events, in milliseconds. */
const liveIntervalMs = 2000;

export interface Audit {
  /** Undefined while the first page is on its way. */
  readonly items: readonly AuditItem[] | undefined;
  readonly error: ApiError | undefined;
  readonly isLoading: boolean;
  readonly page: number;
  readonly hasNext: boolean;
  readonly uncertain: number;
  /** The keys of events that arrived while the page was open. */
  readonly fresh: ReadonlySet<string>;
  showNext(): void;
  showPrevious(): void;
  reload(): void;
}

interface Loaded {
  readonly key: string;
  readonly items: readonly AuditItem[];
  readonly next: string | null;
  readonly position: string | null;
  readonly uncertain: number;
}

/**
 * Reads the audit log page by page, newest first. The live view asks for later events in the background, which does not
 * prolong the session.
 */
export function useAudit(filters: AuditFilters, isLive: boolean): Audit {
  const filterKey = JSON.stringify(filters);
  const [attempt, setAttempt] = useState(0);
  const [place, setPlace] = useState<{ key: string; cursors: readonly string[] }>({
    key: filterKey,
    cursors: [],
  });
  const cursors = place.key === filterKey ? place.cursors : [];
  const cursor = cursors.at(-1);
  const key = JSON.stringify([filterKey, cursor, attempt]);
  const [loaded, setLoaded] = useState<Loaded>();
  const [error, setError] = useState<{ key: string; error: ApiError }>();
  const [live, setLive] = useState<readonly AuditItem[]>([]);
  const position = useRef<string | null>(null);

  useEffect(() => {
    const controller = new AbortController();
    setLive([]);
    readPage(filters, cursor, controller.signal).then(
      (page) => {
        if (controller.signal.aborted) return;
        if (page.position !== null) position.current = page.position;
        setLoaded({ ...page, key });
      },
      (failure: ApiError) => {
        if (!controller.signal.aborted) setError({ key, error: failure });
      },
    );
    return () => controller.abort();
  }, [key]);

  const isFirst = cursor === undefined;
  const isReady = loaded?.key === key;
  useEffect(() => {
    if (!isLive || !isFirst || !isReady) return undefined;
    return pollLater(filters, position, (items) =>
      setLive((old) => [...items.toReversed(), ...old].slice(0, maxLive)),
    );
  }, [isLive, isFirst, isReady, filterKey]);

  const failed = error?.key === key ? error.error : undefined;
  const shown = loaded;
  const known = new Set(live.map(keyOfEvent));
  return {
    items:
      shown && failed === undefined
        ? [...live, ...shown.items.filter((item) => !known.has(keyOfEvent(item)))]
        : undefined,
    error: failed,
    isLoading: loaded?.key !== key && failed === undefined,
    page: cursors.length + 1,
    hasNext: shown?.next != null,
    uncertain: shown?.uncertain ?? 0,
    fresh: known,
    showNext: useCallback(() => {
      const next = loaded?.next;
      if (next != null) setPlace({ key: filterKey, cursors: [...cursors, next] });
    }, [loaded, key]),
    showPrevious: useCallback(() => setPlace({ key: filterKey, cursors: cursors.slice(0, -1) }), [key]),
    reload: useCallback(() => setAttempt((count) => count + 1), []),
  };
}

/** A search of the server ends after a few milliseconds, so a page is put together from several answers. */
async function readPage(
  filters: AuditFilters,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<Omit<Loaded, 'key'>> {
  const items: AuditItem[] = [];
  let position: string | null = null;
  let uncertain = 0;
  let next: string | null = cursor ?? null;
  do {
    const query: Query = { ...filters, limit: pageSize - items.length, cursor: next ?? undefined };
    const { data }: Answer<AuditPage> = await call<AuditPage>('GET', '/audit', { query, signal });
    items.push(...data.items);
    position ??= data.position;
    uncertain += data.uncertain;
    next = data.next;
  } while (next !== null && items.length < pageSize);
  return { items, next, position, uncertain };
}

/** Asks for later events until the returned function is called. While the page is hidden, it does not ask. */
function pollLater(
  filters: AuditFilters,
  position: { current: string | null },
  onItems: (items: readonly AuditItem[]) => void,
): () => void {
  const controller = new AbortController();
  let isAsking = false;
  const ask = async (): Promise<void> => {
    if (isAsking || position.current === null || document.visibilityState !== 'visible') return;
    isAsking = true;
    try {
      const { data } = await call<AuditPage>('GET', '/audit', {
        query: { ...filters, limit: maxLive, after: position.current },
        background: true,
        signal: controller.signal,
      });
      if (controller.signal.aborted) return;
      if (data.position !== null) position.current = data.position;
      if (data.items.length > 0) onItems(data.items);
    } catch {
      // The next attempt asks for the same events again. If the session has ended, the console shows the sign-in page.
    } finally {
      isAsking = false;
    }
  };
  const timer = setInterval(() => void ask(), liveIntervalMs);
  return () => {
    clearInterval(timer);
    controller.abort();
  };
}
