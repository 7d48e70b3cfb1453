import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** An image in OCI layout, created without a network. */
export interface LargeImage {
  readonly directory: string;
  readonly layerDigest: string;
}

const block = 1 << 20;

/** Creates an image with one layer of this many MiB of random bytes. No client unpacks it, so it is not an archive. */
export async function makeLargeImage(directory: string, mebibytes: number): Promise<LargeImage> {
  const blobs = join(directory, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const hash = createHash('sha256');
  const draft = join(directory, 'draft');
  const blocks = function* (): Generator<Buffer> {
    for (let at = 0; at < mebibytes; at++) {
      const bytes = randomBytes(block);
      hash.update(bytes);
      yield bytes;
    }
  };
  await pipeline(Readable.from(blocks(), { objectMode: false }), createWriteStream(draft));
  const digest = hash.digest('hex');
  await rename(draft, join(blobs, digest));
  const layer = {
    mediaType: 'application/vnd.oci.image.layer.v1.tar',
    digest: `sha256:${digest}`,
    size: (await stat(join(blobs, digest))).size,
  };
  const put = async (mediaType: string, value: unknown): Promise<Record<string, unknown>> => {
    const text = JSON.stringify(value);
    const name = createHash('sha256').update(text).digest('hex');
    await writeFile(join(blobs, name), text);
    return { mediaType, digest: `sha256:${name}`, size: Buffer.byteLength(text) };
  };
  const config = await put('application/vnd.oci.image.config.v1+json', {
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = await put(mediaType, { schemaVersion: 2, mediaType, config, layers: [layer] });
  await writeFile(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
  return { directory, layerDigest: layer.digest };
}
