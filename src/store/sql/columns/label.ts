import type { Label } from '../../ports/columns/label.ts';

/**
 * The columns of a label in the tables robots and access_tokens. A text that is undefined in the label is stored as an
 * empty text.
 */
export interface LabelColumns {
  description: string;
  owner: string;
}

export function labelToColumns({ description = '', owner = '' }: Label): LabelColumns {
  return { description, owner };
}

export function labelOf({ description, owner }: LabelColumns): Label {
  return { ...(description !== '' && { description }), ...(owner !== '' && { owner }) };
}
