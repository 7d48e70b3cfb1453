import { DockpassError } from '../../errors.ts';
import type { TrustDefinition } from '../../store/store.ts';
import { circleciOrganizationClaim, type PresetName } from '../../trust/presets.ts';
import { quoted } from '../change.ts';

/** A rule to add, as a person wrote it. */
export interface NewTrustRule {
  readonly name: string;
  /** What an entry of `trust` in dockpass.yml has, without the name. */
  readonly definition: TrustDefinition;
  /** The names of the claims that the first JWT fixes. If there are any, the rule waits for a confirmation. */
  readonly pins: readonly string[];
}

/** Which jobs of a project may log in. */
export interface JobSelection {
  /** The project on the platform, for example `acme/app`. */
  readonly project: string;
  readonly branches: readonly string[];
  readonly tags: readonly string[];
  readonly environments: readonly string[];
}

interface Platform {
  /** How a person writes a project of the platform. */
  readonly form: string;
  readonly grammar: RegExp;
  /** The conditions on the project. */
  project(parts: readonly string[], project: string): Conditions;
  /** The conditions on the branches and tags. Undefined if a rule cannot contain both. */
  refs(branches: readonly string[], tags: readonly string[]): Conditions | undefined;
  /** The claim with the deployment environment. Undefined if the JWTs of the platform have none. */
  readonly environment?: string;
  /** The ids that never change, even if the project is renamed, and that no other project gets. */
  readonly pins: readonly string[];
}

type Conditions = Readonly<Record<string, readonly string[]>>;

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

const platforms: Readonly<Record<PresetName, Platform>> = {
  github: {
    form: 'OWNER/REPO',
    grammar: /^[\w.-]+\/[\w.-]+$/,
    project: (_, repository) => ({ repository: [repository] }),
    refs: (branches, tags) => ({
      ref: [...branches.map((name) => `refs/heads/${name}`), ...tags.map((name) => `refs/tags/${name}`)],
    }),
    environment: 'environment',
    pins: ['repository_id', 'repository_owner_id'],
  },
  gitlab: {
    form: 'GROUP/PROJECT',
    grammar: /^[\w.-]+(?:\/[\w.-]+)+$/,
    project: (_, path) => ({ project_path: [path] }),
    refs: (branches, tags) =>
      branches.length > 0 && tags.length > 0
        ? undefined
        : { ref: [...branches, ...tags], ref_type: [branches.length > 0 ? 'branch' : 'tag'] },
    environment: 'environment',
    pins: ['project_id', 'namespace_id'],
  },
  buildkite: {
    form: 'ORG/PIPELINE',
    grammar: /^[\w.-]+\/[\w.-]+$/,
    project: ([organization = '', pipeline = '']) => ({
      organization_slug: [organization],
      pipeline_slug: [pipeline],
    }),
    refs: (branches, tags) =>
      branches.length > 0 && tags.length > 0
        ? undefined
        : branches.length > 0
          ? { build_branch: branches }
          : { build_tag: tags },
    pins: ['organization_id', 'pipeline_id'],
  },
  circleci: {
    form: 'ORG-ID/PROJECT-ID',
    grammar: new RegExp(`^${uuid}/${uuid}$`),
    project: ([organization = '', project = '']) => ({
      [circleciOrganizationClaim]: [organization],
      'oidc.circleci.com/project-id': [project],
    }),
    refs: (branches, tags) => ({
      'oidc.circleci.com/vcs-ref': [
        ...branches.map((name) => `refs/heads/${name}`),
        ...tags.map((name) => `refs/tags/${name}`),
      ],
    }),
    // The ids are in the conditions from the start.
    pins: [],
  },
};

/**
 * Returns the conditions of a rule for the jobs of one project, and the ids that the first JWT fixes.
 * @throws DockpassError `bad_usage` if the project or the selection is not possible on this platform
 */
export function selectJobs(
  preset: PresetName,
  { project, branches, tags, environments }: JobSelection,
): { readonly when: Conditions; readonly pins: readonly string[] } {
  const platform = platforms[preset];
  if (!platform.grammar.test(project))
    throw new DockpassError(
      'bad_usage',
      `${quoted(project)} is not a project of ${preset}: write ${platform.form}, with exactly the upper and lower case of the platform`,
    );
  const refs = branches.length + tags.length === 0 ? {} : platform.refs(branches, tags);
  if (refs === undefined)
    throw new DockpassError(
      'bad_usage',
      `a rule for ${preset} cannot have both --branch and --tag, because a JWT must fulfill all conditions: add one rule for the branches and one for the tags`,
    );
  if (environments.length > 0 && platform.environment === undefined)
    throw new DockpassError(
      'bad_usage',
      `the JWTs of ${preset} have no environment: leave out --environment`,
    );
  return {
    when: {
      ...platform.project(project.split('/'), project),
      ...refs,
      ...(platform.environment !== undefined &&
        environments.length > 0 && { [platform.environment]: environments }),
    },
    pins: platform.pins,
  };
}

/** How a person writes a project of the platform, for example `OWNER/REPO`. */
export function projectForm(preset: PresetName): string {
  return platforms[preset].form;
}

/** Returns the name that a rule for a project gets if a person chooses none: `acme-app` for `Acme/App`. */
export function nameOfProject(preset: PresetName, project: string): string {
  if (preset === 'circleci') return `circleci-${(project.split('/')[1] ?? '').slice(0, 8)}`;
  return project
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 64)
    .replace(/[^a-z0-9]+$/, '');
}
