import { compilePattern } from '../../policy/pattern.ts';
import { expandActions, type Right } from '../../policy/rights.ts';
import type { AccessToken, OnlyRight } from '../../store/store.ts';

/** The rights that an access token is restricted to. Undefined if it has all rights of its user. */
export function tokenRestriction({ only }: Pick<AccessToken, 'only'>): readonly Right[] | undefined {
  return only === null ? undefined : compileRights(only);
}

/** Converts the stored rights of an access token or robot into the form that the policy works with. */
export function compileRights(only: readonly OnlyRight[]): readonly Right[] {
  return only.map(({ pattern, actions }) => ({
    pattern: compilePattern(pattern),
    actions: expandActions(actions),
  }));
}
