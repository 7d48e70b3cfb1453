/**
 * What whoever wants to write under a public name reads, at the edge or from us.
 * @param host as the client called it
 * @param privateName to log in under, where one is known
 */
export function pullOnlyMessage(host: string, privateName: string | undefined): string {
  const where =
    privateName === undefined
      ? 'log in to push, under a private name of this registry'
      : `log in to push: docker login ${privateName}`;
  return `${where}; ${host} only serves pulls`;
}
