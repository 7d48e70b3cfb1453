import type { Action } from '../../policy/rights.ts';

/** A right that limits a token or robot. */
export interface OnlyRight {
  readonly pattern: string;
  readonly actions: readonly Action[];
}
