/** Returns a function that calls `load` once, and again after it failed. All callers share the result. */
export function retryable<Result>(load: () => Promise<Result>): () => Promise<Result> {
  let result: Promise<Result> | undefined;
  return () => {
    const loading = (result ??= load());
    loading.catch(() => {
      if (result === loading) result = undefined;
    });
    return loading;
  };
}
