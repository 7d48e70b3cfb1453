import type { Action } from '../../policy/rights.ts';

/** One right of an access token or a robot that has only certain rights. */
export interface OnlyRight {
  readonly pattern: string;
  readonly actions: readonly Action[];
}
