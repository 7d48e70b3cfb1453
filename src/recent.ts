/**
 * A pure function that remembers its last results: the same texts come again and again from a fleet. What throws is
 * not remembered. Past `capacity` all is forgotten, which costs one computation each.
 */
export function recent<Result>(
  capacity: number,
  compute: (text: string) => Result,
): (text: string) => Result {
  const known = new Map<string, Result>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const result = compute(text);
    if (known.size >= capacity) known.clear();
    known.set(text, result);
    return result;
  };
}
