/** The addresses of the pages about images. Names of repositories contain slashes, so each name is one encoded segment. */

export function repositoryHref(repository: string): string {
  return `/auth/repositories/${encodeURIComponent(repository)}`;
}

export function repositoryAccessHref(repository: string): string {
  return `${repositoryHref(repository)}/access`;
}

export function repositoryUsageHref(repository: string): string {
  return `${repositoryHref(repository)}/usage`;
}

/** @param reference a tag or a digest */
export function imageHref(repository: string, reference: string): string {
  return `${repositoryHref(repository)}/images/${encodeURIComponent(reference)}`;
}
