import { useState } from 'preact/hooks';
import type { Manifest } from '../../api/image-types.ts';
import { fetchStoredManifest } from '../../api/registry.ts';
import { useAsync } from '../../api/use-async.ts';
import { ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { CopyButton } from '../../components/text/copyable.tsx';

/** The manifest as the registry has stored it. The browser reads it from the registry when a person wants to see it. */
export function StoredManifest({
  repository,
  manifest,
}: {
  readonly repository: string;
  readonly manifest: Manifest;
}) {
  const { digest, mediaType } = manifest;
  const [isOpen, setOpen] = useState(false);
  const stored = useAsync(isOpen ? `${repository}@${digest}` : undefined, (signal) =>
    fetchStoredManifest(repository, digest, mediaType ?? '*/*', signal),
  );
  return (
    <details class="disclosure" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Manifest as the registry has stored it</summary>
      {stored.isLoading && <Skeleton lines={4} label="Loading the manifest" />}
      {stored.error !== undefined && <ErrorState error={stored.error} onRetry={stored.reload} />}
      {stored.data !== undefined && (
        <div class="copyable">
          <pre class="listing" tabIndex={0} aria-label="Manifest">
            {stored.data}
          </pre>
          <CopyButton text={stored.data} label="Copy manifest" />
        </div>
      )}
    </details>
  );
}
