import { DockpassError, messageOf } from '../errors.ts';

/** Returns the error for a repository, tag or digest that is not there. @param host the registry, as a person names it */
export function noSuchImage(host: string, what: string): DockpassError {
  return new DockpassError(
    'no_such_image',
    `the registry ${host} does not have ${what}. List its images with "dockpass repo list" and "dockpass repo tags".`,
  );
}

/** Returns the error for an answer of the registry whose status is not 2xx. @param what what was requested */
export async function errorOf(answer: Response, registry: URL, what: string): Promise<DockpassError> {
  if (answer.status === 404) return noSuchImage(registry.host, what);
  if (answer.status === 401 || answer.status === 403) {
    return new DockpassError(
      'registry_refused',
      `the registry ${registry.host} rejects the tokens of dockpass. In the configuration of the registry, auth.token.rootcertbundle must name a file that contains the output of "dockpass keys export". The values of auth.token.service and auth.token.issuer must be those that "dockpass check --show" prints.`,
    );
  }
  const body = await answer.text().catch(() => '');
  return new DockpassError(
    'registry_refused',
    `the registry ${registry.host} answered ${answer.status} to the request for ${what}: ${JSON.stringify(body.slice(0, 300))}`,
  );
}

export function deletionIsOff(registry: URL): DockpassError {
  return new DockpassError(
    'deletion_is_off',
    `deletion is off in the registry ${registry.host}. To allow deletion, start the registry with REGISTRY_STORAGE_DELETE_ENABLED=true, or set storage.delete.enabled: true in its configuration.`,
  );
}

export function unreadable(registry: URL, what: string): DockpassError {
  return new DockpassError(
    'registry_refused',
    `the registry ${registry.host} sent an answer that cannot be read. The request was for ${what}. Check that the setting "registries" (or the option --registry) names a registry.`,
  );
}

export function tooLarge(what: string, maxBytes: number): DockpassError {
  return new DockpassError(
    'registry_refused',
    `${what} is larger than ${maxBytes / 1024 / 1024} MiB, so dockpass does not read it. Inspect it with a client such as skopeo.`,
  );
}

export function unreachable(registry: URL, error: unknown): DockpassError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return new DockpassError(
    'registry_unreachable',
    `no registry answers at ${registry.origin} (${messageOf(cause)}). Start the registry, or correct its URL in the setting "registries". Commands also accept --registry URL.`,
    { cause: error },
  );
}
