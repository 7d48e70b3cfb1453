import type { Conditions, NewTrustRule } from '../../api/trust-types.ts';
import type { Platform } from './platforms.ts';

/** A condition in the form: a claim, and the accepted values, separated by commas. */
export interface ConditionDraft {
  readonly claim: string;
  readonly values: string;
}

/** What the form that adds a trust rule holds. Fields that a platform does not have are empty. */
export interface RuleDraft {
  readonly platform: Platform;
  readonly name: string;
  /** The host of an own server of the platform. */
  readonly server: string;
  /** A repository, project or pipeline. */
  readonly project: string;
  /** The id of the organization, for CircleCI. */
  readonly organization: string;
  readonly branch: string;
  /** A Git tag. */
  readonly tag: string;
  readonly environment: string;
  readonly issuer: string;
  readonly jwks: string;
  readonly audience: string;
  readonly conditions: readonly ConditionDraft[];
  /** Rights as `PATTERN:ACTIONS`. */
  readonly only: readonly string[];
  readonly session: string;
}

export const emptyCondition: ConditionDraft = { claim: '', values: '' };

/** Splits a list of values that are separated by commas. */
export function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((value) => value.trim())
    .filter((value) => value !== '');
}

interface PlatformRule {
  readonly when: Conditions;
  /** The ids that the first JWT fixes, because names can be given to someone else. */
  readonly pin: readonly string[];
}

/** Returns the body that adds the rule. */
export function requestOf(draft: RuleDraft): NewTrustRule {
  const { when, pin } = platformRule(draft);
  const audience = splitList(draft.audience);
  return {
    name: draft.name.trim(),
    issuer: issuerOf(draft),
    ...(draft.platform === 'other' && draft.jwks.trim() !== '' && { jwks: draft.jwks.trim() }),
    ...(audience.length > 0 && { audience }),
    when: { ...when, ...conditionsOf(draft.conditions) },
    only: draft.only,
    session: draft.session.trim(),
    ...(pin.length > 0 && { pin }),
  };
}

/** A condition that cannot be added, and what to do. */
export interface ConditionConflict {
  readonly index: number;
  readonly text: string;
}

/**
 * Finds an added condition on a claim that another field or an earlier condition already names. Only one of the two would
 * count.
 */
export function findConflict(draft: RuleDraft): ConditionConflict | undefined {
  const { when, pin } = platformRule(draft);
  const claims = draft.conditions.map(({ claim }) => claim.trim());
  for (const [index, claim] of claims.entries()) {
    if (claim === '') continue;
    if (Object.hasOwn(when, claim))
      return {
        index,
        text: `The fields above already set the claim ${claim}. Change it there, or remove this condition.`,
      };
    if (pin.includes(claim))
      return {
        index,
        text: `The first token fixes the claim ${claim} when you confirm the rule. Remove this condition.`,
      };
    if (claims.indexOf(claim) < index)
      return {
        index,
        text: `There is a condition on the claim ${claim} already. Enter all its values there, and remove this condition.`,
      };
  }
  return undefined;
}

/** Returns the conditions that a person has added. */
export function conditionsOf(conditions: readonly ConditionDraft[]): Conditions {
  const named = conditions.filter(({ claim }) => claim.trim() !== '');
  return Object.fromEntries(named.map(({ claim, values }) => [claim.trim(), oneOrMore(splitList(values))]));
}

/** One value is written as a text, as people write it in dockpass.yml. */
function oneOrMore(values: readonly string[]): string | readonly string[] {
  const [first, ...others] = values;
  return first !== undefined && others.length === 0 ? first : values;
}

/** Returns the name of the preset, or the URL of the issuer. */
export function issuerOf({ platform, server, issuer }: RuleDraft): string {
  const host = hostOf(server.trim());
  if (platform === 'other') return issuer.trim();
  if (platform === 'github' && host !== '') return `https://${host}/_services/token`;
  if (platform === 'gitlab' && host !== '') return `https://${host}`;
  return platform;
}

function platformRule(draft: RuleDraft): PlatformRule {
  const { platform, project, branch, tag, environment, organization } = trimmed(draft);
  const optional = (claim: string, value: string | readonly string[]) =>
    value.length === 0 ? {} : { [claim]: value };
  const refs = oneOrMore([
    ...(branch === '' ? [] : [`refs/heads/${branch}`]),
    ...(tag === '' ? [] : [`refs/tags/${tag}`]),
  ]);
  switch (platform) {
    case 'github':
      return {
        when: {
          repository: project,
          ...optional('ref', refs),
          ...optional('environment', environment),
        },
        pin: ['repository_id', 'repository_owner_id'],
      };
    case 'gitlab':
      return {
        when: {
          project_path: project,
          ...(branch !== '' && { ref: branch, ref_type: 'branch' }),
          ...(tag !== '' && { ref: tag, ref_type: 'tag' }),
          ...optional('environment', environment),
        },
        pin: ['project_id', 'namespace_id'],
      };
    case 'buildkite': {
      const [owner = '', pipeline = ''] = project.split('/');
      return {
        when: {
          organization_slug: owner,
          pipeline_slug: pipeline,
          ...optional('build_branch', branch),
          ...optional('build_tag', tag),
        },
        pin: ['organization_id', 'pipeline_id'],
      };
    }
    case 'circleci':
      return {
        when: {
          'oidc.circleci.com/org-id': organization,
          'oidc.circleci.com/project-id': project,
          ...optional('oidc.circleci.com/vcs-ref', refs),
        },
        pin: [],
      };
    case 'other':
      return { when: {}, pin: [] };
  }
}

/** Returns the draft without spaces around its values. */
export function trimmed(draft: RuleDraft): RuleDraft {
  const entries = Object.entries(draft).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'string' ? value.trim() : value,
  ]);
  return Object.fromEntries(entries) as unknown as RuleDraft;
}

/** The host of a server, also if a person has pasted its URL. */
export function hostOf(server: string): string {
  return server.replace(/^https:\/\//, '').replace(/\/.*$/, '');
}

/** Returns the name that the command line gives a rule, if no one chooses another: `acme/app` gives `acme-app`. */
export function suggestName({ platform, project, issuer }: RuleDraft): string {
  if (platform === 'circleci') return project.trim() === '' ? '' : `circleci-${project.trim().slice(0, 8)}`;
  return (platform === 'other' ? hostOf(issuer.trim()) : project.trim())
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 64)
    .replace(/[^a-z0-9]+$/, '');
}

/** Suggests a pattern of repositories: the same path as in the platform, if it can be the name of a repository. */
export function suggestPattern({ platform, project }: RuleDraft): string {
  const path = project.trim().toLowerCase();
  const isName = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+$/.test(path);
  return isName && platform !== 'circleci' && platform !== 'other' ? path : '';
}
