// While the file `stopped` exists, the edge asks dockpass before it passes on a request that could write. dockpass
// creates the file for garbage collection, and for `dockpass writes stop`. Without the file, the edge asks nothing. The
// configuration of the edge contains these names.

/** The file in the folder `writes.directory` that makes Caddy and nginx ask. */
export const stoppedFile = 'stopped';

/** The file in the folder `writes.directory` that makes Traefik ask: a dynamic configuration with one more router. */
export const traefikStoppedFile = 'dockpass-writes-stopped.yml';

/** The template of {@link traefikStoppedFile}. Traefik does not read it, because its name does not end with `.yml`. */
export const traefikStoppedTemplate = `${traefikStoppedFile}.off`;

/** The path at which Caddy and Traefik ask. The edge hides it from clients, like everything below /auth/forward. */
export const writesPath = '/auth/forward/writes';

/**
 * The header with which nginx asks, because nginx can send only one question for a request (`auth_request`). The same
 * header in the answer of dockpass says that writes are stopped.
 */
export const writesHeader = 'X-Dockpass-Writes';
