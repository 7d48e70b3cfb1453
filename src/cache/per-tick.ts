/**
 * Reads a value once in each turn of the event loop, however many requests that turn answers. A read that throws is
 * tried again by the next.
 */
export function perTick<Value>(read: () => Value): () => Value {
  let known: { readonly value: Value } | undefined;
  const forget = (): void => {
    known = undefined;
  };
  return () => {
    if (known === undefined) {
      known = { value: read() };
      setImmediate(forget);
    }
    return known.value;
  };
}
