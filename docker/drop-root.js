/** The user id (and group id) of all processes in the images. */
export const uid = 65532;

/** Drops root privileges. Afterwards the process cannot become root again. Does nothing if it does not run as root. */
export function dropRoot() {
  if (process.getuid() !== 0) return;
  process.setgroups([]);
  process.setgid(uid);
  process.setuid(uid);
}
