import type { Action } from '../../../policy/rights.ts';
import type { OnlyRight } from '../../../store/store.ts';
import type { Fields } from '../fields.ts';

/** Returns the rights of a token or a robot. Null if its rights are not restricted. */
export function rightsIn(item: Fields): OnlyRight[] | null {
  const rights = item.objectsOrNull('rights');
  return (
    rights &&
    rights.map((right) => ({ pattern: right.text('pattern'), actions: right.words<Action>('actions') }))
  );
}
