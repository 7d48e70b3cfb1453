import type { Action } from '../../policy/rights.ts';

/** One entry in the list of rights to which an access token or a robot is limited. */
export interface OnlyRight {
  readonly pattern: string;
  readonly actions: readonly Action[];
}
