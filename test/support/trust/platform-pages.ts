import { parse } from 'yaml';
import { pageFile } from '../docs/page-files.ts';

/** A page in docs/trust/ about one CI platform. */
export interface PlatformPage {
  readonly name: 'github' | 'gitlab' | 'buildkite' | 'circleci' | 'forgejo' | 'jenkins';
  /** The path of the page in the repository. */
  readonly page: string;
  /** The name of the workflow file on the page, as the platform reads it. */
  readonly workflow: string;
}

const workflows = {
  github: '.github/workflows/image.yml',
  gitlab: '.gitlab-ci.yml',
  buildkite: '.buildkite/pipeline.yml',
  circleci: '.circleci/config.yml',
  forgejo: '.forgejo/workflows/image.yml',
  jenkins: 'Jenkinsfile',
} as const;

export const platformPages: readonly PlatformPage[] = (
  Object.keys(workflows) as (keyof typeof workflows)[]
).map((name) => ({ name, page: `docs/trust/${name}.md`, workflow: workflows[name] }));

export function platformPage(name: PlatformPage['name']): PlatformPage {
  return { name, page: `docs/trust/${name}.md`, workflow: workflows[name] };
}

export function workflowOf({ page, workflow }: PlatformPage): Promise<string> {
  return pageFile(page, workflow);
}

/** Returns the settings on the page, as they are in dockpass.yml. */
export async function settingsOf({ page }: Pick<PlatformPage, 'page'>): Promise<{ trust: unknown[] }> {
  return parse(await pageFile(page, 'dockpass.yml')) as { trust: unknown[] };
}
