/**
 * The user id (and group id) of the token server. If a container starts as root, the registry and the edge run as users
 * of their own, so that neither can read the signing keys and the database.
 */
export const uid = 65532;
export const registryUid = 65533;
export const edgeUid = 65531;

/** Drops root privileges. Afterwards the process cannot become root again. Does nothing if it does not run as root. */
export function dropRoot() {
  if (process.getuid() !== 0) return;
  process.setgroups([]);
  process.setgid(uid);
  process.setuid(uid);
}
