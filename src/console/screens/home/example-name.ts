import type { Right } from '../../api/types.ts';

/** True if one of the rights allows this action on some repositories. */
export function mayDo(rights: readonly Right[], action: 'pull' | 'push'): boolean {
  return rights.some(({ actions }) => actions.includes(action) || actions.includes('*'));
}

/**
 * Returns the name of a repository that the person may push, as an example: `hello`, or `team/hello` for the pattern
 * `team/**`.
 */
export function exampleName(rights: readonly Right[]): string {
  const pushable = rights.filter((right) => mayDo([right], 'push')).map(({ pattern }) => pattern);
  const best = pushable.includes('**') ? '**' : (pushable[0] ?? '**');
  return best.replaceAll(/\*+/g, 'hello');
}
