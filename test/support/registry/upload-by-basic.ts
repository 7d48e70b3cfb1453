import { curlClient } from '../client/clients.ts';
import type { HandMadeImage } from './image.ts';

/**
 * Uploads an image's layer as a script does: with name and password on each request, which the edge changes into a
 * token. The layer goes over in one request.
 * @param door `https://HOST:PORT`
 * @param words of curl: who asks, and which certificate is trusted
 */
export async function uploadByBasic(
  door: string,
  repository: string,
  image: HandMadeImage,
  words: readonly string[],
  timeout: number,
): Promise<void> {
  const curl = await curlClient();
  const begun = await curl.must([
    ...[...words, '--fail', '--request', 'POST', '--dump-header', '-', '--output', '/dev/null'],
    `${door}/v2/${repository}/blobs/uploads/`,
  ]);
  const location = new URL(/^location: *(.*?)\r?$/im.exec(begun.stdout)?.[1] ?? '', door);
  location.searchParams.set('digest', image.layerDigest);
  await curl.must([...words, '--fail', '--upload-file', image.layerFile, location.href], { timeout });
}
