import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
};

/** A tag in a repository, with the images of its index. */
export interface StoredTag {
  readonly tag: string;
  readonly digest: string;
  readonly children: readonly string[];
}

/**
 * Writes a repository into the storage of a registry, in the layout of distribution: many tags, each an index of two
 * images, and a signature for every second one. To push so many images would take longer than to plan. The layers are
 * only named, because retention does not read them.
 * @param storage the root directory of the filesystem driver
 */
export async function storeRepository(
  storage: string,
  repository: string,
  count: number,
): Promise<StoredTag[]> {
  const root = join(storage, 'docker/registry/v2');
  const manifests = join(root, 'repositories', repository, '_manifests');
  const store = async (mediaType: string, content: object): Promise<Descriptor> => {
    const text = JSON.stringify({ schemaVersion: 2, mediaType, ...content });
    const hex = createHash('sha256').update(text).digest('hex');
    await write(join(root, 'blobs/sha256', hex.slice(0, 2), hex, 'data'), text);
    await write(join(manifests, 'revisions/sha256', hex, 'link'), `sha256:${hex}`);
    return { mediaType, digest: `sha256:${hex}`, size: text.length };
  };
  const storeTag = async (tag: string, digest: string): Promise<void> => {
    const link = join(manifests, 'tags', tag);
    await write(join(link, 'current/link'), digest);
    await write(join(link, 'index', digest.replace(':', '/'), 'link'), digest);
  };
  const image = async (name: string): Promise<Descriptor> =>
    store(types.manifest, {
      config: blob(types.config, `${repository} ${name} config`),
      layers: [0, 1, 2, 3].map((at) =>
        blob(types.layer, at < 3 ? `${repository} ${at}` : `${repository} ${name}`),
      ),
    });
  // The catalog lists only folders that contain this one.
  await mkdir(join(root, 'repositories', repository, '_layers'), { recursive: true });
  const tags: StoredTag[] = [];
  for (let number = 0; number < count; number++) {
    const tag = number % 50 === 0 ? `v${number}` : `build-${number}`;
    const children = [await image(`${tag} amd64`), await image(`${tag} arm64`)];
    const { digest } = await store(types.index, { manifests: children });
    await storeTag(tag, digest);
    tags.push({ tag, digest, children: children.map((child) => child.digest) });
    if (number % 2 > 0) continue;
    const signature = await image(`${tag} signature`);
    const signatureTag = `${digest.replace(':', '-')}.sig`;
    await storeTag(signatureTag, signature.digest);
    tags.push({ tag: signatureTag, digest: signature.digest, children: [] });
  }
  return tags;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

function blob(mediaType: string, content: string): Descriptor {
  return {
    mediaType,
    digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
    size: 10_000_000,
  };
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
