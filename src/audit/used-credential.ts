/** What the audit log says about the credential with which a client logged in. */
export interface UsedCredential {
  /** The name of the access token. Undefined if the login was with something else. */
  readonly accessToken?: string | undefined;
  /** What a JWT says about the job that logged in with it. Undefined if the login was with something else. */
  readonly job?: string | undefined;
}

const tokenMark = '; access token: ';
const jobMark = '; job: ';

/** Returns the text for `AuditEvent.client`: the User-Agent, followed by the credential. */
export function formatClient(userAgent: string, { accessToken, job }: UsedCredential): string {
  // A User-Agent cannot claim a credential.
  const client =
    userAgent.includes(tokenMark) || userAgent.includes(jobMark)
      ? userAgent.replaceAll('; ', ' ')
      : userAgent;
  if (accessToken !== undefined) return client + tokenMark + accessToken;
  return job === undefined ? client : client + jobMark + job;
}

/** The inverse of {@link formatClient}. A row of an earlier version does not name the access token. */
export function parseClient(client: string): UsedCredential {
  const parse = (mark: string): string | undefined => {
    const at = client.indexOf(mark);
    return at === -1 ? undefined : client.slice(at + mark.length);
  };
  const job = parse(jobMark);
  return { accessToken: job === undefined ? parse(tokenMark) : undefined, job };
}
