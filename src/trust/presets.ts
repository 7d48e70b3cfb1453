/** The platforms whose issuer a rule can name by one word. */
export const presetNames = ['github', 'gitlab', 'buildkite', 'circleci'] as const;
export type PresetName = (typeof presetNames)[number];

/** The issuer of each preset. The issuer of CircleCI is different for each organization, see `circleciIssuer`. */
export const presetIssuers: Readonly<Record<Exclude<PresetName, 'circleci'>, string>> = {
  github: 'https://token.actions.githubusercontent.com',
  gitlab: 'https://gitlab.com',
  buildkite: 'https://agent.buildkite.com',
};

/** The claim that holds the id of a CircleCI organization. Rules with the preset `circleci` must name it. */
export const circleciOrganizationClaim = 'oidc.circleci.com/org-id';

/** Returns the issuer of the JWTs of a CircleCI organization. */
export function circleciIssuer(organizationId: string): string {
  return `https://oidc.circleci.com/org/${organizationId}`;
}

/** Returns the preset that has this issuer, also if a rule has written out the URL. */
export function presetOf(issuer: string): PresetName | undefined {
  if (issuer.startsWith(circleciIssuer(''))) return 'circleci';
  return presetNames.find((name) => name !== 'circleci' && presetIssuers[name] === issuer);
}
