import { Option } from 'commander';
import { parsePatternActions, type PatternActions } from '../admin/rights/right-text.ts';

/** The option `--only PATTERN:ACTIONS`, which may be given several times. */
export function onlyOption(): Option {
  return new Option(
    '--only <pattern:actions>',
    'Limit it to these actions, such as "team/**:pull,push"; can be repeated',
  ).argParser((text: string, before: readonly PatternActions[] | undefined) => [
    ...(before ?? []),
    parsePatternActions(text),
  ]);
}
