import { useState } from 'preact/hooks';
import { ApiError } from '../api/problem.ts';

export interface Action {
  readonly isBusy: boolean;
  readonly error: ApiError | undefined;
  /** Runs the action, unless it runs already. */
  run(action: () => Promise<void>): void;
}

/** For a button that changes something without a form. */
export function useAction(): Action {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const start = async (action: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await action();
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return {
    isBusy,
    error,
    run: (action) => {
      if (!isBusy) void start(action);
    },
  };
}
