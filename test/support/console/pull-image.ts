import { basic } from '../network/raw-http.ts';
import { mediaTypes } from '../registry/push.ts';
import type { PushTarget } from './sample-images.ts';

/** Fetches the manifest of an image through the edge, which the registry reports as a pull. */
export async function pullImage(
  { url, name, password }: PushTarget,
  repository: string,
  reference: string,
): Promise<void> {
  const answer = await fetch(`${url}/v2/${repository}/manifests/${reference}`, {
    headers: {
      Authorization: basic(name, password),
      Accept: `${mediaTypes.index}, ${mediaTypes.manifest}`,
    },
  });
  if (!answer.ok) throw new Error(`cannot pull ${repository}:${reference}: ${answer.status}`);
  await answer.arrayBuffer();
}
