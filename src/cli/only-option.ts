import { Option } from 'commander';
import { parsePatternActions, type PatternActions } from '../admin/right-text.ts';

/** The option `--only PATTERN:ACTIONS`, which may be given several times. */
export function onlyOption(): Option {
  return new Option(
    '--only <pattern:actions>',
    'limit it to these actions, as in "team/**:pull,push"; may be repeated',
  ).argParser((text: string, before: readonly PatternActions[] | undefined) => [
    ...(before ?? []),
    parsePatternActions(text),
  ]);
}
