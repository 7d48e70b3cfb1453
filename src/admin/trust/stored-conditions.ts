import type { TrustDefinition } from '../../store/store.ts';

/** Returns the conditions of a stored rule as they were written. The values can have any type. */
export function conditionsIn({ when }: TrustDefinition): Readonly<Record<string, unknown>> {
  return typeof when === 'object' && when !== null ? (when as Readonly<Record<string, unknown>>) : {};
}
