/**
 * Collects the values of an option that can be repeated: returns `before`, the values that came earlier on the command
 * line, followed by `value`.
 */
export function collectOption(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
