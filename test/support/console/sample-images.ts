import { createHash, randomBytes } from 'node:crypto';

/** Where images are pushed: the base URL of the edge, and a login that may push. */
export interface PushTarget {
  readonly url: string;
  readonly name: string;
  readonly password: string;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: object;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
}

export interface SampleImage {
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string };
  readonly created?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** The steps of the build. A step with bytes adds a layer with so many random bytes. */
  readonly steps?: readonly { readonly by: string; readonly bytes?: number }[];
}

/** Pushes images to a registry with plain HTTP requests, so that a test needs no container engine. */
export interface Pusher {
  /** Pushes an image for one platform. @returns its descriptor */
  image(repository: string, tag: string | undefined, image?: SampleImage): Promise<Descriptor>;
  /** Pushes an index with the given manifests. */
  index(repository: string, tag: string, manifests: readonly Descriptor[]): Promise<Descriptor>;
  /** Pushes an artifact, for example a signature. */
  artifact(repository: string, tag: string | undefined, artifact: Artifact): Promise<Descriptor>;
  /** Gives a manifest another tag. */
  tag(repository: string, tag: string, digest: string): Promise<void>;
}

export interface Artifact {
  readonly type: string;
  readonly configType?: string;
  readonly layerType: string;
  readonly content: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly layerAnnotations?: Readonly<Record<string, string>>;
}

const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  empty: 'application/vnd.oci.empty.v1+json',
};

export function createPusher({ url, name, password }: PushTarget): Pusher {
  const Authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  const send = async (method: string, path: string, body?: Uint8Array | string, type?: string) => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { Authorization, ...(type !== undefined && { 'Content-Type': type }) },
      ...(body !== undefined && { body: Buffer.from(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const putBlob = async (repository: string, content: Uint8Array, mediaType: string): Promise<Descriptor> => {
    const digest = digestOf(content);
    const begun = await send('POST', `/v2/${repository}/blobs/uploads/`);
    const location = new URL(begun.headers.get('Location') ?? '', url);
    location.searchParams.set('digest', digest);
    await send('PUT', location.pathname + location.search, content, 'application/octet-stream');
    return { mediaType, digest, size: content.length };
  };
  const putJson = (repository: string, value: unknown, mediaType: string): Promise<Descriptor> =>
    putBlob(repository, Buffer.from(JSON.stringify(value)), mediaType);
  const putManifest = async (
    repository: string,
    reference: string | undefined,
    manifest: object,
    mediaType: string,
  ): Promise<Descriptor> => {
    const content = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...manifest }));
    const digest = digestOf(content);
    await send('PUT', `/v2/${repository}/manifests/${reference ?? digest}`, content, mediaType);
    return { mediaType, digest, size: content.length };
  };
  return {
    image: async (repository, tag, image = {}) => {
      const {
        platform = { os: 'linux', architecture: 'amd64' },
        labels = {},
        steps = [{ by: 'COPY . /', bytes: 500 }],
      } = image;
      const created = image.created ?? '2026-11-20T09:30:00Z';
      const layers: Descriptor[] = [];
      for (const { bytes } of steps)
        if (bytes !== undefined) layers.push(await putBlob(repository, randomBytes(bytes), types.layer));
      const config = {
        ...platform,
        created,
        author: 'Team Build',
        config: {
          Entrypoint: ['/usr/local/bin/app'],
          Cmd: ['serve', '--listen', ':8080'],
          Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'APP_ENV=production'],
          ExposedPorts: { '8080/tcp': {} },
          User: '65532:65532',
          WorkingDir: '/srv/app',
          Labels: labels,
        },
        rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
        history: steps.map(({ by, bytes }) => ({
          created,
          created_by: by,
          ...(bytes === undefined && { empty_layer: true }),
        })),
      };
      const pushed = await putJson(repository, config, types.config);
      const manifest = await putManifest(repository, tag, { config: pushed, layers }, types.manifest);
      return { ...manifest, platform };
    },
    index: (repository, tag, manifests) => putManifest(repository, tag, { manifests }, types.index),
    artifact: async (
      repository,
      tag,
      { type, configType, layerType, content, annotations, layerAnnotations },
    ) => {
      const config = await putJson(repository, {}, configType ?? types.empty);
      const layer = await putBlob(repository, Buffer.from(content), layerType);
      const manifest = {
        ...(configType === undefined && { artifactType: type }),
        config,
        layers: [{ ...layer, annotations: layerAnnotations }],
        annotations,
      };
      return { ...(await putManifest(repository, tag, manifest, types.manifest)), artifactType: type };
    },
    tag: async (repository, tag, digest) => {
      const manifest = await fetch(new URL(`/v2/${repository}/manifests/${digest}`, url), {
        // Without this header, registry 2.8 hides indexes.
        headers: { Authorization, Accept: `${types.index}, ${types.manifest}` },
      });
      const content = new Uint8Array(await manifest.arrayBuffer());
      await send(
        'PUT',
        `/v2/${repository}/manifests/${tag}`,
        content,
        manifest.headers.get('Content-Type') ?? '',
      );
    },
  };
}

function digestOf(content: Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
