import { Option } from 'commander';
import { parsePatternActions, type PatternActions } from '../../admin/rights/right-text.ts';

/** Creates the option `--only PATTERN:ACTIONS`, which can be repeated. */
export function onlyOption(
  description = 'Allow only these actions on repositories that match the pattern, such as "team/**:pull,push"; can be repeated',
): Option {
  return new Option('--only <pattern:actions>', description).argParser(
    (text: string, before: readonly PatternActions[] | undefined) => [
      ...(before ?? []),
      parsePatternActions(text),
    ],
  );
}

/** Creates the option `--description TEXT` of a robot or an access token. */
export function descriptionOption(of: 'robot account' | 'token'): Option {
  return new Option('--description <text>', `What the ${of} is for, at most 200 characters`);
}

/** Creates the option `--owner TEXT` of a robot or an access token. */
export function ownerOption(of: 'robot account' | 'token'): Option {
  return new Option(
    '--owner <text>',
    `The person or team that is responsible for the ${of}, at most 200 characters`,
  );
}
