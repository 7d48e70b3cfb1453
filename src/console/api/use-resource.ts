import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { call, type Query } from './client.ts';
import type { ApiError } from './problem.ts';

export interface Resource<T> {
  /** Undefined while the first answer is on its way, and if it failed. */
  readonly data: T | undefined;
  readonly etag: string | undefined;
  readonly error: ApiError | undefined;
  readonly isLoading: boolean;
  /** Reads the resource again. The old data stay visible until then. */
  reload(): Promise<void>;
}

interface Loaded<T> {
  readonly path: string;
  readonly data?: T;
  readonly etag?: string | undefined;
  readonly error?: ApiError;
}

export interface ResourceOptions {
  readonly query?: Query;
  /** If set, the resource is read again after so many milliseconds, while the page is visible. */
  readonly pollMs?: number;
}

/**
 * Reads a resource from the API.
 * @param path the path of the resource, or undefined to read nothing
 */
export function useResource<T>(path: string | undefined, options: ResourceOptions = {}): Resource<T> {
  const { query, pollMs } = options;
  const key = path === undefined ? undefined : JSON.stringify([path, query]);
  const [loaded, setLoaded] = useState<Loaded<T>>();
  const [isLoading, setLoading] = useState(path !== undefined);
  const latest = useRef<AbortController>(undefined);

  const load = useCallback(
    async (background: boolean): Promise<void> => {
      if (path === undefined || key === undefined) return;
      latest.current?.abort();
      const controller = new AbortController();
      latest.current = controller;
      if (!background) setLoading(true);
      try {
        const { data, etag } = await call<T>('GET', path, {
          ...(query !== undefined && { query }),
          background,
          signal: controller.signal,
        });
        if (!controller.signal.aborted) setLoaded({ path: key, data, etag });
      } catch (error) {
        // If polling fails once, the old data are still right. A person's request shows the error.
        if (!controller.signal.aborted)
          setLoaded((old) =>
            background && old?.data !== undefined ? old : { path: key, error: error as ApiError },
          );
      } finally {
        if (!controller.signal.aborted) setLoading(false);
      }
    },
    [key],
  );

  useEffect(() => {
    void load(false);
    return () => latest.current?.abort();
  }, [load]);

  useEffect(() => {
    if (pollMs === undefined) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void load(true);
    }, pollMs);
    return () => clearInterval(timer);
  }, [load, pollMs]);

  const current = loaded?.path === key ? loaded : undefined;
  return {
    data: current?.data,
    etag: current?.etag,
    error: current?.error,
    isLoading: isLoading || (current === undefined && key !== undefined),
    reload: useCallback(() => load(false), [load]),
  };
}
