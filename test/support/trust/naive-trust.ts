import type { TrustCase } from './draw-trust.ts';

type Rule = TrustCase['rules'][number];

/**
 * Implements docs/trust.md a second time, as simply as possible, so that src/trust can be compared with it. Returns the
 * name of the rule that decides and the rights that it gives, each as PATTERN:ACTIONS.
 */
export function naiveLogin({
  rules,
  claims,
  sources,
}: TrustCase): { rule: string; rights: string[] } | undefined {
  for (const rule of rules) {
    if (!sources.includes(`${rule.issuer} ${rule.jwks ?? ''}`)) continue;
    if (!list(claims['aud']).some((one) => typeof one === 'string' && rule.audiences.includes(one))) continue;
    if (!rule.when.every(({ claim, accepted }) => holds(list(look(claims, claim)), accepted))) continue;
    return { rule: rule.name, rights: rightsIn(rule, claims) };
  }
  return undefined;
}

function holds(values: readonly unknown[], accepted: readonly string[]): boolean {
  return values.some((value) => {
    const text = textOf(value);
    return text !== undefined && accepted.some((pattern) => fits(pattern, text));
  });
}

/** Compares segment by segment. A star is any text without a slash. */
function fits(pattern: string, text: string): boolean {
  const [wanted, given] = [pattern.split('/'), text.split('/')];
  return wanted.length === given.length && wanted.every((part, at) => fitsSegment(part, given[at] as string));
}

function fitsSegment(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  const [first, rest] = [pattern[0], pattern.slice(1)];
  if (first !== '*') return text[0] === first && fitsSegment(rest, text.slice(1));
  for (let length = 0; length <= text.length; length++)
    if (fitsSegment(rest, text.slice(length))) return true;
  return false;
}

function rightsIn({ only }: Rule, claims: TrustCase['claims']): string[] {
  return only.flatMap(({ pattern, actions }) => {
    let isValid = true;
    const bound = pattern.replaceAll(/\$\{(.*?)\}/g, (_, name: string) => {
      const value = look(claims, name);
      const text = (Array.isArray(value) ? undefined : textOf(value))?.toLowerCase() ?? '';
      if (!/^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/.test(text)) isValid = false;
      return text;
    });
    return isValid ? [`${bound}:${actions.includes('*') ? 'pull,push,delete,*' : actions.join(',')}`] : [];
  });
}

function look(claims: TrustCase['claims'], name: string): unknown {
  const entries = (value: unknown): Map<string, unknown> =>
    new Map(Array.isArray(value) || typeof value === 'string' ? [] : Object.entries(value ?? {}));
  const own = entries(claims);
  if (own.has(name)) return own.get(name);
  return name.split('/').reduce<unknown>((value, key) => entries(value).get(key), claims);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) > 2 ** 53) return undefined;
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? JSON.stringify(value) : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
