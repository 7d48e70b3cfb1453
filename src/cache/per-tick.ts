/**
 * Returns a function that calls `read` and caches the value until the current tick of the event loop ends. So all
 * requests of one tick share one read. If `read` throws, nothing is cached and the next call reads again.
 */
export function perTick<Value>(read: () => Value): () => Value {
  let cached: { readonly value: Value } | undefined;
  const clear = (): void => {
    cached = undefined;
  };
  return () => {
    if (cached === undefined) {
      cached = { value: read() };
      setImmediate(clear);
    }
    return cached.value;
  };
}
