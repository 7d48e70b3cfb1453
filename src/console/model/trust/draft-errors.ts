import { findConflict, splitList, trimmed, type ConditionDraft, type RuleDraft } from './draft.ts';
import type { Platform } from './platforms.ts';

/** Says what is missing, by the member of the request body to which the field belongs. */
export function draftErrors(draft: RuleDraft): Readonly<Record<string, string | undefined>> {
  const { platform, project, organization, issuer, name, branch, tag } = trimmed(draft);
  const conflict = findConflict(draft)?.text;
  const isOneRef = platform === 'gitlab' || platform === 'buildkite';
  return {
    tag:
      isOneRef && branch !== '' && tag !== ''
        ? 'A token is for a branch or for a tag. Add one rule for each.'
        : undefined,
    name: name === '' ? 'Enter a name.' : undefined,
    issuer: issuerError(platform, organization, issuer),
    when:
      platform === 'other'
        ? (conditionsError(draft.conditions, true) ?? conflict)
        : projectError(platform, project),
    conditions: platform === 'other' ? undefined : (conditionsError(draft.conditions, false) ?? conflict),
  };
}

function issuerError(platform: Platform, organization: string, issuer: string): string | undefined {
  if (platform === 'circleci' && organization === '') return 'Enter the id of the organization.';
  if (platform === 'other' && !issuer.startsWith('https://'))
    return 'Enter the URL of the issuer. It begins with https:// and is the claim iss of its tokens.';
  return undefined;
}

function projectError(platform: Platform, project: string): string | undefined {
  if (platform === 'circleci') return project === '' ? 'Enter the id of the project.' : undefined;
  if (/^[^\s/]+(\/[^\s/]+)+$/.test(project)) return undefined;
  return platform === 'gitlab'
    ? 'Enter the path of the project with its group, such as acme/app.'
    : 'Enter both parts, such as acme/app.';
}

function conditionsError(conditions: readonly ConditionDraft[], isRequired: boolean): string | undefined {
  const filled = conditions.filter(({ claim, values }) => claim.trim() !== '' || values.trim() !== '');
  if (isRequired && filled.length === 0)
    return 'Name at least one claim that says whose token it is, such as the id of a project.';
  return filled.some(({ claim, values }) => claim.trim() === '' || splitList(values).length === 0)
    ? 'Enter a claim and at least one value in each condition.'
    : undefined;
}
