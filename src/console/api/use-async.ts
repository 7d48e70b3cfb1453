import { useCallback, useEffect, useState } from 'preact/hooks';
import type { ApiError } from './problem.ts';

export interface AsyncValue<T> {
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  readonly isLoading: boolean;
  reload(): void;
}

/**
 * Runs an asynchronous function when the page is shown and when the key changes. An answer for an earlier key is
 * ignored.
 * @param key names what is loaded; undefined to load nothing
 */
export function useAsync<T>(
  key: string | undefined,
  load: (signal: AbortSignal) => Promise<T>,
): AsyncValue<T> {
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<{
    readonly key: string;
    readonly data?: T;
    readonly error?: ApiError;
  }>();
  useEffect(() => {
    if (key === undefined) return undefined;
    const controller = new AbortController();
    load(controller.signal).then(
      (data) => {
        if (!controller.signal.aborted) setState({ key, data });
      },
      (error: unknown) => {
        if (!controller.signal.aborted) setState({ key, error: error as ApiError });
      },
    );
    return () => controller.abort();
  }, [key, attempt]);
  const current = state?.key === key ? state : undefined;
  return {
    data: current?.data,
    error: current?.error,
    isLoading: current === undefined && key !== undefined,
    reload: useCallback(() => {
      setState(undefined);
      setAttempt((count) => count + 1);
    }, []),
  };
}
