import { option } from '../option.ts';
import { quote } from '../quote.ts';
import { conditionsOf, issuerOf, splitList, suggestName, type RuleDraft } from './draft.ts';

/** Returns the command that adds the same rule. */
export function commandOf(draft: RuleDraft): string {
  const { platform, branch, tag, environment, session, only, jwks, audience } = draft;
  const name = draft.name.trim();
  const isOther = platform === 'other';
  const issuer = issuerOf(draft);
  return [
    'dockpass trust add',
    ...(isOther ? [quote(name || 'NAME')] : [platform, quote(projectOf(draft))]),
    ...(issuer === platform ? [] : [`--issuer ${quote(issuer || 'URL')}`]),
    ...(isOther ? option('--jwks', jwks) : []),
    ...option('--branch', branch),
    ...option('--tag', tag),
    ...option('--environment', environment),
    ...Object.entries(conditionsOf(draft.conditions)).flatMap(([claim, values]) =>
      [values].flat().flatMap((value) => option('--when', `${claim}=${value}`)),
    ),
    ...only.map((right) => `--only ${quote(right)}`),
    ...(isOther || name === suggestName(draft) ? [] : option('--name', name)),
    ...(session === '1h' ? [] : option('--session', session)),
    ...splitList(audience).flatMap((value) => option('--audience', value)),
  ].join(' ');
}

function projectOf({ platform, project, organization }: RuleDraft): string {
  if (platform === 'circleci') return `${organization.trim() || 'ORG-ID'}/${project.trim() || 'PROJECT-ID'}`;
  return project.trim() || 'PROJECT';
}
