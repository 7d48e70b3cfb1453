/**
 * Formats a build step as a line of a Dockerfile. The classic builder of docker writes `/bin/sh -c #(nop)  CMD ["sh"]`
 * and `/bin/sh -c apt-get update`; BuildKit writes `RUN /bin/sh -c apt-get update # buildkit`.
 */
export function formatInstruction(createdBy: string): string {
  const text = createdBy.trim().replace(/\s+# buildkit$/, '');
  const [, nop] = /^\/bin\/sh -c #\(nop\)\s+(.*)$/s.exec(text) ?? [];
  if (nop !== undefined) return nop;
  // `|2 A=1 B=2` lists the build arguments that were set.
  const [, run] = /^(?:RUN )?(?:\|\d+ .*?)?\/bin\/sh -c (.*)$/s.exec(text) ?? [];
  return run === undefined ? text : `RUN ${run.trim()}`;
}
