import type { PresetName, TrustRule } from '../../api/trust-types.ts';

/** What the form offers. `other` is an issuer that the person names by its URL. */
export type Platform = PresetName | 'other';

export interface PlatformText {
  readonly label: string;
  /** What the platform calls the thing that a rule is for. */
  readonly project: string;
  readonly projectHint: string;
  readonly projectExample: string;
  /** The field for another server of the same platform, if there can be one. */
  readonly server?: { readonly label: string; readonly hint: string; readonly example: string };
  /** True if the JWTs of the platform say for which environment a job runs. */
  readonly hasEnvironments: boolean;
}

/** The words of each platform. */
export const platforms: Readonly<Record<PresetName, PlatformText>> = {
  github: {
    label: 'GitHub Actions',
    project: 'Repository',
    projectHint: 'Owner and name.',
    projectExample: 'acme/app',
    server: {
      label: 'GitHub Enterprise Server',
      hint: 'The host of your own server. Leave it empty for github.com.',
      example: 'github.example.com',
    },
    hasEnvironments: true,
  },
  gitlab: {
    label: 'GitLab CI/CD',
    project: 'Project',
    projectHint: 'The whole path, with all groups.',
    projectExample: 'acme/backend/app',
    server: {
      label: 'GitLab instance',
      hint: 'The host of your own instance. Leave it empty for gitlab.com.',
      example: 'gitlab.example.com',
    },
    hasEnvironments: true,
  },
  buildkite: {
    label: 'Buildkite',
    project: 'Pipeline',
    projectHint: 'Organization and pipeline, as they stand in the address of the pipeline.',
    projectExample: 'acme/app',
    hasEnvironments: false,
  },
  circleci: {
    label: 'CircleCI',
    project: 'Project id',
    projectHint: 'From the page Project Settings, Overview.',
    projectExample: '4b8a3c52-9b0e-4d0e-8e0a-2f6f3b1a7c11',
    hasEnvironments: false,
  },
};

export const platformChoices: readonly { readonly value: Platform; readonly label: string }[] = [
  ...(Object.keys(platforms) as PresetName[]).map((value) => ({ value, label: platforms[value].label })),
  { value: 'other', label: 'Another issuer' },
];

/** Reads a platform from the address of the page. */
export function readPlatform(text: string): Platform {
  return platformChoices.find(({ value }) => value === text)?.value ?? 'github';
}

/** Names whose JWTs a rule accepts: the platform, or the host of the issuer. */
export function nameOfIssuer({ preset, issuer }: Pick<TrustRule, 'preset' | 'issuer'>): string {
  if (preset !== null) return platforms[preset].label;
  return issuer.replace(/^https:\/\//, '');
}
