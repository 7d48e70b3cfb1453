import { download, type DownloadOptions } from './download.ts';

/**
 * Downloads the key set of an issuer.
 * @param jwks the URL of the key set. If it is undefined, the issuer's discovery document names it.
 * @throws Error with a message for an administrator
 */
export async function loadRemoteKeySet(
  { issuer, jwks }: { readonly issuer: string; readonly jwks: string | undefined },
  options: DownloadOptions,
): Promise<string> {
  return download(jwks ?? (await discover(issuer, options)), options);
}

/**
 * Reads the URL of the key set from the discovery document (OpenID Connect Discovery 1.0 section 4). The document must
 * have the issuer that the rule names. Otherwise, an issuer could use the keys of another one as its own.
 */
async function discover(issuer: string, options: DownloadOptions): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const text = await download(url, options);
  let document: Readonly<Record<string, unknown>>;
  try {
    document = (JSON.parse(text) ?? {}) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new Error(`${url} is not JSON`, { cause: error });
  }
  if (document['issuer'] !== issuer)
    throw new Error(
      `${url} names the issuer ${shorten(document['issuer'])}, not ${JSON.stringify(issuer)}. Write the issuer in the trust rule exactly as the document does`,
    );
  const { jwks_uri: jwks } = document;
  if (typeof jwks !== 'string' || URL.parse(jwks)?.protocol !== 'https:')
    throw new Error(`${url} names no https URL of a key set (jwks_uri)`);
  return jwks;
}

function shorten(value: unknown): string {
  return (JSON.stringify(value) ?? 'none').slice(0, 200);
}
