import { call } from './client.ts';
import { ApiError, unreachable } from './problem.ts';

/**
 * Reads a manifest as the registry has stored it, byte for byte. The browser asks the registry itself, with a token that
 * the API issues to the session for five minutes, so that the manifest does not pass through dockpass.
 * @param digest a digest, because its content never changes
 * @throws ApiError
 */
export async function fetchStoredManifest(
  repository: string,
  digest: string,
  mediaType: string,
  signal: AbortSignal,
): Promise<string> {
  const { data } = await call<{ readonly token: string }>('POST', '/session/registry-token', {
    body: { scopes: [`repository:${repository}:pull`] },
    signal,
  });
  const path = `/v2/${repository.split('/').map(encodeURIComponent).join('/')}/manifests/${digest}`;
  const response = await fetch(path, {
    headers: { Accept: mediaType, Authorization: `Bearer ${data.token}` },
    credentials: 'omit',
    signal,
  }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw unreachable();
  });
  if (response.ok) return response.text();
  throw new ApiError({
    status: response.status,
    code: 'registry_refused',
    message: `The registry answered with status ${response.status}. If it happens again, an administrator can check the registry and the edge on the page Doctor.`,
  });
}
