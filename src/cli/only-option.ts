import { Option } from 'commander';
import { parsePatternActions, type PatternActions } from '../admin/rights/right-text.ts';

/** Creates the option `--only PATTERN:ACTIONS`, which can be repeated. */
export function onlyOption(): Option {
  return new Option(
    '--only <pattern:actions>',
    'Allow only these actions on repositories that match the pattern, such as "team/**:pull,push"; can be repeated',
  ).argParser((text: string, before: readonly PatternActions[] | undefined) => [
    ...(before ?? []),
    parsePatternActions(text),
  ]);
}
