/**
 * Finds a member that an object of a JSON text contains twice. `JSON.parse` silently uses the last of them, but another
 * program may have checked the first (RFC 8259 section 4).
 * @param json a valid JSON text
 * @returns the path of the second member, or undefined if no member is repeated
 */
export function findRepeatedMember(json: string): readonly PropertyKey[] | undefined {
  const open: Container[] = [];
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/gs)) {
    const inner = open.at(-1);
    switch (token) {
      case '{':
        open.push({ names: new Set(), at: undefined, expectsName: true });
        break;
      case '[':
        open.push({ names: undefined, at: 0, expectsName: false });
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ',':
        if (inner?.names !== undefined) inner.expectsName = true;
        else if (typeof inner?.at === 'number') inner.at++;
        break;
      case ':':
        break;
      default: {
        if (inner?.names === undefined || !inner.expectsName) break;
        const name = JSON.parse(token) as string;
        inner.at = name;
        inner.expectsName = false;
        if (inner.names.has(name)) return open.map(({ at }) => at ?? '');
        inner.names.add(name);
      }
    }
  }
  return undefined;
}

interface Container {
  /** The names of the members so far. Undefined for a list. */
  readonly names: Set<string> | undefined;
  /** The present member: a name in an object, a number in a list. */
  at: PropertyKey | undefined;
  expectsName: boolean;
}
