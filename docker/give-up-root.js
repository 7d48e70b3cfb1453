/** The user that everything in the images runs as. */
export const uid = 65532;

/** For good: nothing that runs afterwards can become root again. Does nothing where we are not root. */
export function giveUpRoot() {
  if (process.getuid() !== 0) return;
  process.setgroups([]);
  process.setgid(uid);
  process.setuid(uid);
}
