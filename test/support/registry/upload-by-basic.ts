import { curlClient } from '../client/clients.ts';
import type { HandMadeImage } from './image.ts';

/**
 * Uploads the layer of an image as a script does: each request has a user name and password, which the edge exchanges
 * for a token. The layer is sent in one request.
 * @param origin `https://HOST:PORT`
 * @param curlArgs the credentials and the trusted certificate
 */
export async function uploadByBasic(
  origin: string,
  repository: string,
  image: HandMadeImage,
  curlArgs: readonly string[],
  timeout: number,
): Promise<void> {
  const curl = await curlClient();
  const begun = await curl.must([
    ...[...curlArgs, '--fail', '--request', 'POST', '--dump-header', '-', '--output', '/dev/null'],
    `${origin}/v2/${repository}/blobs/uploads/`,
  ]);
  const location = new URL(/^location: *(.*?)\r?$/im.exec(begun.stdout)?.[1] ?? '', origin);
  location.searchParams.set('digest', image.layerDigest);
  await curl.must([...curlArgs, '--fail', '--upload-file', image.layerFile, location.href], { timeout });
}
