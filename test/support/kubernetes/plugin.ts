import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pluginName } from '../../../src/cli/kubernetes/cluster.ts';
import { renderPlugin } from '../../../src/cli/kubernetes/plugin-file.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** Writes the credential provider plugin for a registry. @returns the folder that contains it, and its path */
export async function writePlugin(host: string): Promise<{ folder: string; file: string }> {
  const folder = join(await temporaryDirectory('plugin'), 'bin');
  await mkdir(folder);
  const file = join(folder, pluginName);
  await writeFile(file, await renderPlugin({ host }), { mode: 0o755 });
  return { folder, file };
}

/** Returns the request that a kubelet writes to the stdin of a plugin. A member with the value undefined is left out. */
export function pluginRequest(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    kind: 'CredentialProviderRequest',
    apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
    ...members,
  };
}

/** Returns the only answer with a login that the plugin may give. */
export function pluginResponse(host: string, password: string): Record<string, unknown> {
  return {
    kind: 'CredentialProviderResponse',
    apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
    cacheKeyType: 'Registry',
    cacheDuration: '0s',
    auth: { [host]: { username: 'jwt', password } },
  };
}
