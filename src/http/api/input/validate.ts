import type { z } from 'zod';
import { InvalidInput, toPointer, type InputFault } from './invalid-input.ts';

interface Schemas {
  readonly params: z.ZodType;
  readonly query: z.ZodType;
  readonly body?: z.ZodType | undefined;
}

type Parts = Readonly<Record<'params' | 'query' | 'body', unknown>>;

const parts = [
  { name: 'params', in: 'path' },
  { name: 'query', in: 'query' },
  { name: 'body', in: 'body' },
] as const;

/**
 * Validates the parts of a request, and returns the values that the schemas give.
 * @throws InvalidInput with all faults of all parts
 */
export function validate(schemas: Schemas, request: Parts): Parts {
  const faults: InputFault[] = [];
  const values: Record<string, unknown> = {};
  for (const part of parts) {
    const schema = schemas[part.name];
    if (schema === undefined) continue;
    const unstorable = findUnstorable(request[part.name]);
    if (unstorable !== undefined) {
      faults.push({ in: part.in, ...unstorable });
      continue;
    }
    const result = schema.safeParse(request[part.name], { error: message });
    if (result.success) values[part.name] = result.data;
    else faults.push(...result.error.issues.flatMap(faultsOf).map((fault) => ({ in: part.in, ...fault })));
  }
  if (faults.length > 0) throw new InvalidInput(faults.slice(0, maxFaults));
  return values as Parts;
}

/** The largest number of faults that an answer names. */
const maxFaults = 20;

function message(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'this member is missing';
  return undefined;
}

type Fault = Omit<InputFault, 'in'>;

/** zod reports all unknown members of an object as one issue. This function returns one fault for each of them. */
function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      pointer: toPointer([...issue.path, key]),
      detail: 'this member is unknown',
    }));
  return [{ pointer: toPointer(issue.path), detail: issue.message }];
}

/**
 * Finds a text that a database cannot store: one with a NUL character or with half of a surrogate pair. Uses no
 * recursion, because a client can send deeply nested JSON.
 */
function findUnstorable(value: unknown): Fault | undefined {
  const open: { value: unknown; path: readonly PropertyKey[] }[] = [{ value, path: [] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value === 'string' && (next.value.includes('\0') || !next.value.isWellFormed()))
      return {
        pointer: toPointer(next.path),
        detail: 'the text has a NUL character or half of a surrogate pair',
      };
    if (typeof next.value !== 'object' || next.value === null) continue;
    if (next.path.length >= maxDepth)
      return { pointer: toPointer(next.path), detail: `the value is nested more than ${maxDepth} deep` };
    for (const [key, member] of Object.entries(next.value))
      open.push({ value: member, path: [...next.path, key] });
  }
  return undefined;
}

/** How deep objects and lists can be nested in a request. */
const maxDepth = 20;
