import { DockpassError } from '../../errors.ts';
import { formatReference } from '../../registry/api-client.ts';
import type { ImageRegistry } from './image-registry.ts';
import { hasImageConfig } from './manifest-kind.ts';
import { maxConfigBytes } from './manifest-reader.ts';
import {
  isObject,
  parseJsonObject,
  parsePlatform,
  textOf,
  timeOf,
  type Descriptor,
  type Manifest,
  type Platform,
} from './parse-manifest.ts';

/** The configuration of an image (OCI image specification, "OCI Image Configuration"). */
export interface ImageConfigView {
  readonly digest: string;
  readonly platform: Platform | null;
  readonly created: string | null;
  readonly author: string | null;
  /** The steps that built the image, the first one first. */
  readonly history: readonly HistoryStep[];
  /** The whole configuration, as it is in the registry. */
  readonly document: Readonly<Record<string, unknown>>;
}

export interface HistoryStep {
  readonly created: string | null;
  readonly createdBy: string | null;
  readonly comment: string | null;
  /** The layer that the step added. Null if the step changed only the configuration. */
  readonly layer: Pick<Descriptor, 'digest' | 'mediaType' | 'size'> | null;
}

/** The largest number of steps that are read. */
const maxSteps = 1000;

/**
 * Reads the configuration of the image with this tag or digest.
 * @throws DockpassError `no_such_image`; `bad_usage` if the manifest has no configuration of an image, as an index;
 *   `registry_refused` if the configuration is larger than 4 MiB or no JSON object; `registry_unreachable`
 */
export async function readImageConfig(
  { api, manifests }: ImageRegistry,
  repository: string,
  reference: string,
): Promise<ImageConfigView> {
  const manifest = await manifests.read(repository, reference);
  const what = formatReference(repository, reference);
  if (manifest.config === null || !hasImageConfig(manifest))
    throw new DockpassError(
      'bad_usage',
      `${what} is not the image for one platform, so it has no image configuration. For an index, request one of the digests in its manifests.`,
    );
  const { digest } = manifest.config;
  const document = parseJsonObject(await api.blob(repository, digest, maxConfigBytes));
  if (document === undefined)
    throw new DockpassError('registry_refused', `the configuration ${digest} of ${what} is not JSON.`);
  return {
    digest,
    platform: parsePlatform(document),
    created: timeOf(document['created']),
    author: textOf(document['author']),
    history: historyOf(document['history'], manifest),
    document,
  };
}

/** Combines the steps with the layers. A step that is not marked as empty added the next layer. */
function historyOf(history: unknown, { layers }: Pick<Manifest, 'layers'>): HistoryStep[] {
  const rest = layers.map(({ digest, mediaType, size }) => ({ digest, mediaType, size }));
  const steps = (Array.isArray(history) ? history.slice(0, maxSteps) : []).filter(isObject).map((step) => ({
    created: timeOf(step['created']),
    createdBy: textOf(step['created_by']),
    comment: textOf(step['comment']),
    layer: step['empty_layer'] === true ? null : (rest.shift() ?? null),
  }));
  // A configuration can describe fewer steps than there are layers.
  return [...steps, ...rest.map((layer) => ({ created: null, createdBy: null, comment: null, layer }))];
}
