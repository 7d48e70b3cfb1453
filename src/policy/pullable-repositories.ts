import type { Realm } from '../realm/realm.ts';
import { decide, type Policy } from './decide.ts';
import { expandActions, rightsOn, type Action } from './rights.ts';
import type { Subject } from './subject.ts';

export interface NamesQuestion {
  readonly subject: Subject;
  readonly realm: Realm;
  readonly policy: Policy;
  /** The address of the client, for rules with `from`. */
  readonly address: string;
  /** The page starts with the first name that is greater than this one. The name need not exist. */
  readonly after?: string | undefined;
  /** Only names that contain this text. */
  readonly q?: string | undefined;
  /** The largest number of names on the page. */
  readonly limit: number;
}

export interface NamesPage {
  readonly names: readonly string[];
  /** The last name of the page if another page follows, else undefined. The next question has this name in `after`. */
  readonly next: string | undefined;
}

/** How long the function computes before it lets other requests run, in milliseconds. */
const sliceMs = 4;
/** The number of names after which the function checks the time. */
const namesPerCheck = 64;

/**
 * Returns one page of the repositories that a subject may pull, in the order of `names`. For each name, this function
 * calls `decide`, as the server does for a token, so that the list always agrees with the tokens that the subject gets.
 * Every page except the last has `limit` names.
 *
 * With 100,000 names, a page takes milliseconds: only names that a right or rule can match are looked at.
 * The function pauses regularly, so that a long list does not delay requests for tokens.
 * @param names sorted in the order of `<`, without duplicates
 */
export async function findPullable(
  names: readonly string[],
  { limit, after, q = '', ...who }: NamesQuestion,
): Promise<NamesPage> {
  const found: string[] = [];
  const start = after === undefined ? 0 : firstGreater(names, after);
  let pauseAt = performance.now() + sliceMs;
  let untilCheck = namesPerCheck;
  for (const [from, to] of candidateRanges(names, start, who)) {
    for (let at = from; at < to; at++) {
      if (--untilCheck === 0) {
        untilCheck = namesPerCheck;
        if (performance.now() > pauseAt) {
          await new Promise(setImmediate);
          pauseAt = performance.now() + sliceMs;
        }
      }
      const name = names[at] as string;
      if ((q !== '' && !name.includes(q)) || !mayHold(name, who) || !mayPull(name, who)) continue;
      if (found.length === limit) return { names: found, next: found.at(-1) };
      found.push(name);
    }
  }
  return { names: found, next: undefined };
}

type Who = Pick<NamesQuestion, 'subject' | 'realm' | 'policy' | 'address'>;

/** Returns true if the subject may pull the repository. */
export function mayPull(name: string, who: Who): boolean {
  return actionsOn(name, ['pull'], who).length > 0;
}

/** Returns those of the requested actions that the subject may do on the repository. */
export function actionsOn(
  name: string,
  requested: readonly Action[],
  { subject, realm, policy, address }: Who,
): readonly Action[] {
  const scope = { type: 'repository', class: undefined, name, actions: requested };
  return decide(subject, realm, [scope], policy, address)[0]?.actions ?? [];
}

const grantsPull = ({ actions }: { readonly actions: readonly Action[] }): boolean =>
  expandActions(actions).includes('pull');

/**
 * Returns false only if `decide` denies the pull, because no right and no rule allows it, or because a rule denies it.
 * This check takes a fraction of the time of `decide`.
 */
function mayHold(name: string, { subject, realm, policy, address }: Who): boolean {
  const context = { subject, realm: realm.kind, address, repository: name };
  const hasRight =
    realm.kind === 'public' || (subject.kind !== 'anonymous' && rightsOn(subject.rights, name).length > 0);
  if (!hasRight && policy.rules.findMatching('allow', context).length === 0) return false;
  return !policy.rules.findMatching('deny', context).some(({ actions }) => actions.includes('pull'));
}

/**
 * Returns the parts of the sorted list that can contain a repository that the subject may pull, as pairs of a first
 * index and the index after the last. A part contains the names that start with the literal prefix of one pattern.
 */
function candidateRanges(names: readonly string[], start: number, who: Who): (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = [];
  let last: string | undefined;
  for (const prefix of candidatePrefixes(who).sort()) {
    // A prefix that starts with an earlier one has the same names and fewer.
    if (last !== undefined && prefix.startsWith(last)) continue;
    last = prefix;
    const from = Math.max(
      start,
      firstIndex(names, (name) => name >= prefix),
    );
    const to = firstIndex(names, (name) => name > prefix && !name.startsWith(prefix));
    if (from < to) ranges.push([from, to]);
  }
  return ranges;
}

function candidatePrefixes({ subject, realm, policy }: Who): string[] {
  const rules = policy.rules.rules
    .filter((rule) => rule.effect === 'allow' && grantsPull(rule))
    .flatMap(({ on }) => on.map(({ ends }) => ends.prefix));
  if (realm.kind === 'public') return [...rules, ...policy.publicRepositories.map(({ prefix }) => prefix)];
  if (subject.kind === 'anonymous') return [];
  return [...rules, ...subject.rights.filter(grantsPull).map(({ pattern }) => pattern.prefix)];
}

function firstGreater(names: readonly string[], name: string): number {
  return firstIndex(names, (other) => other > name);
}

/**
 * Returns the index of the first name for which `test` is true, or the length of the list. `test` must be true for all
 * names after that one.
 */
export function firstIndex(names: readonly string[], test: (name: string) => boolean): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(names[middle] as string)) high = middle;
    else low = middle + 1;
  }
  return low;
}
