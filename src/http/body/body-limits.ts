import type { IncomingMessage } from 'node:http';
import { isRegistryTarget } from '../../scope/registry-route.ts';

/** The maximum size of a form in bytes. A form with a refresh token and a hundred scopes is much smaller. */
export const maxFormLength = 64 * 1024;

/** The maximum size of a request of the administration API in bytes, enough for some thousand rules of a policy. */
export const maxApiBodyLength = 1024 * 1024;

/** The maximum size of a manifest in bytes. Registries accept no larger ones (maxManifestBodySize of distribution). */
export const maxManifestLength = 4 * 1024 * 1024;

/** Returns the maximum size in bytes of the body of a request. */
export function maxBodyLengthOf(request: IncomingMessage & { readonly originalUrl?: string }): number {
  // Express removes the base path of the API from `url`.
  const url = request.originalUrl ?? request.url ?? '';
  if (url.startsWith('/auth/api/')) return maxApiBodyLength;
  return isRegistryTarget(url) ? maxManifestLength : maxFormLength;
}

/**
 * Returns the maximum number of bytes of a body that dockpass receives before it answers that the body is too large. Many
 * clients read the answer only after they have sent the whole body. Caddy limits the size of bodies for `/auth/` itself,
 * but not that of manifests.
 */
export function maxReceivedLengthOf(request: IncomingMessage): number {
  const maxLength = maxBodyLengthOf(request);
  return (maxLength === maxManifestLength ? 8 : 2) * maxLength;
}

/** The maximum number of bytes that large incomplete bodies may occupy, for each network and for all together. */
const defaultBudget = { network: 4 * 1024 * 1024, all: 32 * 1024 * 1024 };

/**
 * Limits the memory for bodies that are larger than a form and not complete yet. Anyone can begin such a request,
 * because its login is checked only when the whole body has arrived. Without this limit, 200 slow requests of each
 * network would occupy 200 MB.
 */
export interface BodyBudget {
  /** Reserves memory for a network. @returns false if there is none left; then nothing is reserved */
  reserve(network: string, bytes: number): boolean;
  release(network: string, bytes: number): void;
}

export function createBodyBudget(maximum = defaultBudget): BodyBudget {
  const used = new Map<string, number>();
  let total = 0;
  const change = (network: string, bytes: number): void => {
    const left = (used.get(network) ?? 0) + bytes;
    if (left > 0) used.set(network, left);
    else used.delete(network);
    total += bytes;
  };
  return {
    reserve(network, bytes) {
      if (total + bytes > maximum.all || (used.get(network) ?? 0) + bytes > maximum.network) return false;
      change(network, bytes);
      return true;
    },
    release: (network, bytes) => change(network, -bytes),
  };
}
