import { Option } from 'commander';
import { parseDuration } from '../config/values/duration.ts';
import { DockpassError } from '../errors.ts';
import { canMatchRepository } from '../policy/can-match-repository.ts';
import type { OnlyRight } from '../store/store.ts';
import { impossiblePattern, readActions } from './commands/grant.ts';

/** `--only`, given once or more. */
export function onlyOption(): Option {
  return new Option(
    '--only <pattern:actions>',
    'keep it to these, as in "team/**:pull,push"; may be given again',
  ).argParser((text: string, before: OnlyRight[] | undefined) => [...(before ?? []), readOnly(text)]);
}

/**
 * Reads PATTERN:ACTIONS. The pattern may hold a colon, a host's port: the last one parts them.
 * @throws DockpassError `bad_usage` that says what is wrong
 */
export function readOnly(text: string): OnlyRight {
  const colon = text.lastIndexOf(':');
  const [pattern, actions] = [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)];
  if (pattern === '' || actions === '') {
    throw new DockpassError(
      'bad_usage',
      `--only ${JSON.stringify(text.slice(0, 80))}: give a pattern, a colon and actions, as in "team/**:pull,push"`,
    );
  }
  // A port is what stands behind the colon where the actions were forgotten.
  if (/^\d+(\/|$)/.test(actions)) {
    throw new DockpassError(
      'bad_usage',
      `--only ${JSON.stringify(text.slice(0, 80))}: actions are missing at the end, as in ${JSON.stringify(`${text.slice(0, 80)}:pull`)}`,
    );
  }
  if (!canMatchRepository(pattern)) throw impossiblePattern(pattern);
  return { pattern, actions: readActions(actions) };
}

/** `team/**:pull,push`, as it was given. */
export function formatOnly(only: readonly OnlyRight[] | null): string {
  return only === null
    ? 'all that the user holds'
    : only.map(({ pattern, actions }) => `${pattern}:${actions.join(',')}`).join(' ');
}

/** Seconds from an option such as `--expires`. @throws DockpassError `bad_usage` */
export function readDuration(option: string, text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined)
    throw new DockpassError(
      'bad_usage',
      `${option} wants a duration such as 24h or 90d, not ${JSON.stringify(text)}`,
    );
  return seconds;
}
