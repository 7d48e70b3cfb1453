/**
 * Returns the message for a client that tries to push under a public domain, at the edge or at the token endpoint.
 * @param host the host as the client named it
 * @param privateName a private domain to log in under, if one is known
 */
export function pullOnlyMessage(host: string, privateName: string | undefined): string {
  const where =
    privateName === undefined
      ? 'log in to push, under a private domain of this registry'
      : `log in to push: docker login ${privateName}`;
  return `${where}; ${host} only serves pulls`;
}
