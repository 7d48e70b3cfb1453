import type { PushTarget } from './sample-images.ts';

/** Fetches the manifest of an image through the edge, which the registry reports as a pull. */
export async function pullImage(
  { url, name, password }: PushTarget,
  repository: string,
  reference: string,
): Promise<void> {
  const answer = await fetch(`${url}/v2/${repository}/manifests/${reference}`, {
    headers: {
      Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
      Accept: 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json',
    },
  });
  if (!answer.ok) throw new Error(`cannot pull ${repository}:${reference}: ${answer.status}`);
  await answer.arrayBuffer();
}
