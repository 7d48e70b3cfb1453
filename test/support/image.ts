import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Client } from './clients.ts';
import { mustRun } from './run.ts';
import { temporaryDirectory } from './temp.ts';

/** An image that was made without any network. */
export interface HandMadeImage {
  /** An OCI layout: `skopeo copy oci:DIRECTORY:latest …`, `podman pull oci:DIRECTORY:latest`, `crane push DIRECTORY …`. */
  readonly directory: string;
  /** The only layer: a gzipped tar with one file of random bytes. */
  readonly layerFile: string;
  readonly layerDigest: string;
  readonly manifestDigest: string;
}

/** A new image, unlike every other, whose one layer holds a file of this many random bytes. */
export async function handMadeImage(bytes = 1_024): Promise<HandMadeImage> {
  const directory = await temporaryDirectory('image');
  const blobs = join(directory, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const tar = await layerTar(bytes);
  const uncompressed = await digestOf(tar);
  // Gzipped, or skopeo and podman would do it on the way and the digests would be theirs. Level 0: random bytes do not
  // shrink, and a GiB is ready in seconds.
  const draft = join(directory, 'layer');
  await pipeline(createReadStream(tar), createGzip({ level: 0 }), createWriteStream(draft));
  await rm(tar);
  const layer = { digest: await digestOf(draft), size: (await stat(draft)).size };
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
    rootfs: { type: 'layers', diff_ids: [uncompressed] },
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

/** Puts a new image with one layer of random bytes on docker's engine, under this name. */
export async function importImage(docker: Client, name: string, bytes = 1_024): Promise<void> {
  await docker.must(['import', await layerTar(bytes), name]);
}

async function layerTar(bytes: number): Promise<string> {
  const directory = await temporaryDirectory('layer');
  const path = join(directory, 'random');
  const file = await open(path, 'w');
  // In pieces: a layer of a GiB does not have to fit into memory.
  for (let left = bytes; left > 0; left -= 1 << 20) await file.write(randomBytes(Math.min(left, 1 << 20)));
  await file.close();
  const tar = join(directory, 'layer.tar');
  await mustRun('tar', [
    '--create',
    '--file',
    tar,
    '--directory',
    directory,
    '--owner=0',
    '--group=0',
    'random',
  ]);
  return tar;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}
