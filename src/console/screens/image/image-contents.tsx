import { pathTo } from '../../api/client.ts';
import type { ImageConfig, Manifest } from '../../api/image-types.ts';
import { useResource } from '../../api/use-resource.ts';
import { ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { readRunSettings } from '../../model/images/configuration.ts';
import { Annotations } from './annotations.tsx';
import { ArtifactFiles } from './artifact-files.tsx';
import { ImageSummary } from './image-summary.tsx';
import { LayerTable } from './layer-table.tsx';
import { PlatformTable } from './platform-table.tsx';
import { Referrers } from './referrers.tsx';
import { RunSettingsSection } from './run-settings.tsx';
import { StoredManifest } from './stored-manifest.tsx';

export interface ImageContentsProps {
  readonly repository: string;
  readonly reference: string;
  readonly manifest: Manifest;
}

/** Everything about a manifest: an image, a list of images for several platforms, or an artifact. */
export function ImageContents({ repository, reference, manifest }: ImageContentsProps) {
  const { kind, layers, manifests, annotations, referrers } = manifest;
  const hasConfig = kind === 'image';
  const config = useResource<ImageConfig>(
    hasConfig ? pathTo('repositories', repository, 'manifests', manifest.digest, 'config') : undefined,
  );
  const run = config.data && readRunSettings(config.data.document);
  return (
    <>
      <ImageSummary repository={repository} manifest={manifest} author={config.data?.author ?? null} />
      {manifests.length > 0 && <PlatformTable repository={repository} manifest={manifest} />}
      {hasConfig && config.error !== undefined && (
        <ErrorState error={config.error} onRetry={() => void config.reload()} />
      )}
      {hasConfig && config.data === undefined && config.error === undefined && (
        <Skeleton lines={6} label="Loading the configuration of the image" />
      )}
      {config.data !== undefined && <LayerTable steps={config.data.history} layers={layers} />}
      {run !== undefined && <RunSettingsSection settings={run} />}
      {!hasConfig && layers.length > 0 && <ArtifactFiles layers={layers} />}
      <Referrers repository={repository} reference={reference} referrers={referrers} />
      {run !== undefined && <Annotations title="Labels" values={run.labels} />}
      <Annotations title="Annotations" values={annotations} />
      <StoredManifest repository={repository} manifest={manifest} />
    </>
  );
}
