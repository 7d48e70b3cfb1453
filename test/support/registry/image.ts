import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Client } from '../client/clients.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** An image that was created without a network. */
export interface HandMadeImage {
  /**
   * A folder in OCI layout: `skopeo copy oci:DIRECTORY:latest …`, `podman pull oci:DIRECTORY:latest`,
   * `crane push DIRECTORY …`.
   */
  readonly directory: string;
  /** The only layer: a gzipped tar with one file of random bytes. */
  readonly layerFile: string;
  readonly layerDigest: string;
  readonly manifestDigest: string;
}

/** Creates a new, unique image. Its only layer contains one file with this many random bytes. */
export async function handMadeImage(bytes = 1_024): Promise<HandMadeImage> {
  const directory = await temporaryDirectory('image');
  const blobs = join(directory, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const uncompressed = createHash('sha256');
  const compressed = createHash('sha256');
  let size = 0;
  const draft = join(directory, 'layer');
  // The layer is written in one pass, so that a layer of one GiB is never read again. It is gzipped, because skopeo and
  // podman would otherwise compress it and so change the digests. Level 0, because random bytes cannot be compressed.
  await pipeline(
    layerTar(bytes),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        uncompressed.update(chunk);
        yield chunk;
      }
    },
    createGzip({ level: 0, chunkSize: block }),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        compressed.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(draft),
  );
  const layer = { digest: `sha256:${compressed.digest('hex')}`, size };
  const layerFile = join(blobs, layer.digest.slice('sha256:'.length));
  await rename(draft, layerFile);

  const put = async (mediaType: string, value: unknown) => {
    const text = JSON.stringify(value);
    const hash = createHash('sha256').update(text).digest('hex');
    await writeFile(join(blobs, hash), text);
    return { mediaType, digest: `sha256:${hash}`, size: Buffer.byteLength(text) };
  };
  const config = await put('application/vnd.oci.image.config.v1+json', {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [`sha256:${uncompressed.digest('hex')}`] },
  });
  const manifest = await put('application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config,
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...layer }],
  });
  await writeFile(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(
    join(directory, 'index.json'),
    JSON.stringify({
      schemaVersion: 2,
      manifests: [{ ...manifest, annotations: { 'org.opencontainers.image.ref.name': 'latest' } }],
    }),
  );
  return { directory, layerFile, layerDigest: layer.digest, manifestDigest: manifest.digest };
}

/** Imports a new image with one layer of random bytes into the Docker engine, with this name. */
export async function importImage(docker: Client, name: string, bytes = 1_024): Promise<void> {
  const tar = join(await temporaryDirectory('layer'), 'layer.tar');
  await pipeline(layerTar(bytes), createWriteStream(tar));
  await docker.must(['import', tar, name]);
}

const block = 1 << 20;

/**
 * Generates a tar archive (POSIX ustar) with one file of random bytes, in chunks, so that it need not fit into memory.
 */
async function* layerTar(bytes: number): AsyncGenerator<Buffer> {
  const header = Buffer.alloc(512);
  const octal = (value: number, width: number) => value.toString(8).padStart(width, '0');
  header.write('random', 0);
  header.write(octal(0o644, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(bytes, 11), 124);
  header.write(octal(0, 11), 136);
  // The checksum is computed as if its own field contained spaces.
  header.write(' '.repeat(8), 148);
  header.write('0', 156);
  header.write('ustar\u000000', 257);
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
    148,
  );
  yield header;
  for (let left = bytes; left > 0; left -= block) yield randomBytes(Math.min(left, block));
  yield Buffer.alloc(((512 - (bytes % 512)) % 512) + 1024);
}
