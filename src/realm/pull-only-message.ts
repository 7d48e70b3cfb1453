/**
 * Returns the error message for a client that tries to push under a public domain. The edge and the token endpoint both
 * use this message.
 * @param host the public domain in the form that the client used
 * @param privateName a private domain under which the client can log in; undefined if none is known
 */
export function pullOnlyMessage(host: string, privateName: string | undefined): string {
  const where =
    privateName === undefined
      ? 'log in to push: run docker login with a private domain of this registry'
      : `log in to push: docker login ${privateName}`;
  return `${where}; ${host} only serves pulls`;
}
