import type { KeepConditions, RetentionRule } from './rule.ts';

/** Says why no condition of a rule keeps a tag. */
export function reasonOfTag({ newest, pulledWithin, pushedWithin, tags }: KeepConditions): string {
  const parts = [
    newest !== undefined &&
      (newest === 1 ? 'it is not the newest tag' : `it is not among the newest ${newest} tags`),
    pulledWithin !== undefined && `it was not pulled within ${inWords(pulledWithin)}`,
    pushedWithin !== undefined && `it was not pushed within ${inWords(pushedWithin)}`,
    tags.length > 0 && 'it matches no pattern in keep.tags',
  ].filter((part) => part !== false);
  return joinWords(parts);
}

export function reasonOfUntagged(seconds: number): string {
  return `it has had no tag for ${inWords(seconds)}, and was not pushed or pulled by digest within this time`;
}

export function reasonOfReferrer(subject: string): string {
  return `it belongs to ${subject}, which is deleted`;
}

export function reasonOfChild(index: string): string {
  return `it was part of the index ${index}, which is deleted, and nothing else refers to it`;
}

export const reasonOfRemainder =
  'an earlier plan was interrupted before it deleted this manifest, and nothing refers to it';

/** Adds the rule to a reason. */
export function byRule(reason: string, { number }: RetentionRule): string {
  return `${reason} (retention rule ${number})`;
}

const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

/** Writes a number of seconds in words, with the largest unit that needs no fraction: `30 days`, `1 hour`. */
export function inWords(seconds: number): string {
  const [name, length] = units.find(([, each]) => seconds > 0 && seconds % each === 0) ?? ['second', 1];
  return counted(seconds / length, name);
}

/** Writes a number with its noun: `1 tag`, `2 tags`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function joinWords(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  if (parts.length < 2) return last;
  return `${parts.slice(0, -1).join(', ')}${parts.length > 2 ? ',' : ''} and ${last}`;
}
