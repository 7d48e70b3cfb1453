import { compilePattern } from '../../policy/pattern.ts';
import { expandActions, type Right } from '../../policy/rights.ts';
import type { AccessToken, OnlyRight } from '../../store/store.ts';

/** What a token is kept to; undefined: all that its user holds. */
export function tokenRestriction({ only }: Pick<AccessToken, 'only'>): readonly Right[] | undefined {
  return only === null ? undefined : compileRights(only);
}

/** What a token or robot was made with, in the form that decisions are made with. */
export function compileRights(only: readonly OnlyRight[]): readonly Right[] {
  return only.map(({ pattern, actions }) => ({
    pattern: compilePattern(pattern),
    actions: expandActions(actions),
  }));
}
