import { fetchConfiguration } from '../../api/registry.ts';
import { useAsync } from '../../api/use-async.ts';
import { Details } from '../../components/data/details.tsx';
import { Alert } from '../../components/feedback/alert.tsx';
import { ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { Digest } from '../../components/image/digest.tsx';
import { Time } from '../../components/text/time.tsx';
import { formatSize } from '../../format/size.ts';
import type { ImageConfiguration } from '../../model/images/configuration.ts';
import type { ImageManifest, UnknownManifest } from '../../model/images/manifest.ts';
import { formatPlatform } from '../../model/images/platform.ts';
import { artifactTypeOf } from '../../model/images/tag-summary.ts';
import { Annotations } from './annotations.tsx';
import { ArtifactFiles } from './artifact-files.tsx';
import { ImageRuns } from './image-runs.tsx';
import { LayerTable } from './layer-table.tsx';

export interface ManifestDetailsProps {
  readonly repository: string;
  readonly digest: string;
  readonly manifest: ImageManifest | UnknownManifest;
}

/** An image for one platform, or an artifact such as a chart. */
export function ManifestDetails({ repository, digest, manifest }: ManifestDetailsProps) {
  const artifactType = artifactTypeOf(manifest);
  const config = manifest.kind === 'image' && artifactType === undefined ? manifest.config : undefined;
  const configuration = useAsync(config && `${repository}@${config.digest}`, (signal) =>
    fetchConfiguration(repository, config?.digest ?? '', signal),
  );
  if (manifest.kind === 'unknown')
    return (
      <Alert kind="info" title="This manifest has a format that the console does not read">
        Its media type is <code>{manifest.mediaType || 'not known'}</code>. Clients that know the format can still pull
        it. If it is an image of schema 1, push it again with a client of this decade.
      </Alert>
    );
  return (
    <>
      <Summary {...{ digest, manifest, artifactType, configuration: configuration.data }} />
      {configuration.error !== undefined && (
        <ErrorState error={configuration.error} onRetry={configuration.reload} />
      )}
      {configuration.isLoading && <Skeleton lines={6} label="Loading the configuration of the image" />}
      {artifactType !== undefined && <ArtifactFiles layers={manifest.layers} />}
      {configuration.data !== undefined && (
        <>
          <LayerTable configuration={configuration.data} layers={manifest.layers} />
          <ImageRuns configuration={configuration.data} />
          <Annotations title="Labels" annotations={configuration.data.labels} />
        </>
      )}
      <Annotations annotations={manifest.annotations} />
    </>
  );
}

function Summary({
  digest,
  manifest,
  artifactType,
  configuration,
}: {
  readonly digest: string;
  readonly manifest: ImageManifest;
  readonly artifactType: string | undefined;
  readonly configuration: ImageConfiguration | undefined;
}) {
  const { platform, createdAt, author } = configuration ?? {};
  return (
    <Details
      items={[
        ['Type', artifactType === undefined ? 'Image' : <code>{artifactType}</code>],
        ['Digest', <Digest value={digest} />],
        ['Size', `${formatSize(manifest.size)} compressed, ${countOf(manifest.layers.length, 'layer')}`],
        ...(platform === undefined ? [] : ([['Platform', formatPlatform(platform)]] as const)),
        ...(configuration === undefined
          ? []
          : ([
              [
                'Created',
                <Time value={createdAt === undefined ? null : new Date(createdAt).toISOString()} never="not known" />,
              ],
            ] as const)),
        ...(author === undefined ? [] : ([['Author', author]] as const)),
        ['Media type', <code>{manifest.mediaType}</code>],
      ]}
    />
  );
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
