import { readFile } from 'node:fs/promises';
import { packageFolder } from '../../package-folder.ts';
import { pluginName, type Cluster } from './cluster.ts';

/**
 * Renders the credential provider plugin. It is a shell script in the folder bin/ of the package, with a placeholder
 * for the host. A host has no character that is special in a shell or in JSON.
 */
export async function renderPlugin({ host }: Pick<Cluster, 'host'>): Promise<string> {
  const template = await readFile(new URL(`bin/${pluginName}`, packageFolder), 'utf8');
  return template.replaceAll('REGISTRY-HOST', host);
}
