/** Returns the reference as `REPO:TAG` or `REPO@DIGEST`. */
export function formatReference(repository: string, reference: string): string {
  return `${repository}${reference.includes(':') ? '@' : ':'}${reference}`;
}
