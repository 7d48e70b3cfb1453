import Trash from 'lucide-static/icons/trash-2.svg';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { pathTo } from '../../api/client.ts';
import { fetchManifest, type StoredManifest } from '../../api/registry.ts';
import { useAsync } from '../../api/use-async.ts';
import { ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { Button } from '../../components/form/button.tsx';
import { PullBox } from '../../components/image/pull-box.tsx';
import { Page } from '../../components/layout/page.tsx';
import { Equivalent, quoted } from '../../components/text/equivalent.tsx';
import { repositoryHref } from '../../model/images/addresses.ts';
import { shortDigest } from '../../format/digest.ts';
import type { ScreenProps } from '../../routes.ts';
import { useMe } from '../../state/session.tsx';
import { DeleteImage } from './delete-image.tsx';
import { IndexDetails } from './index-details.tsx';
import { ManifestDetails } from './manifest-details.tsx';
import { Referrers } from './referrers.tsx';
import { useMayDelete } from './use-may-delete.ts';

/** One image: what it is, how it was built, and what is known about it. `reference` is a tag or a digest. */
export function Image({ params }: ScreenProps) {
  const { name: repository = '', reference = '' } = params;
  const me = useMe();
  const { route } = useLocation();
  const mayDelete = useMayDelete(repository);
  const [isDeleting, setDeleting] = useState(false);
  const image = useAsync(JSON.stringify([repository, reference]), (signal) =>
    fetchManifest(repository, reference, signal),
  );
  const isDigest = reference.includes(':');
  return (
    <Page
      title={`${repository}${isDigest ? `@${shortDigest(reference)}` : `:${reference}`}`}
      crumbs={[
        { label: 'Repositories', href: '/auth/repositories' },
        { label: repository, href: repositoryHref(repository) },
      ]}
      actions={
        mayDelete &&
        image.data !== undefined && (
          <Button Icon={Trash} onClick={() => setDeleting(true)}>
            {isDigest ? 'Delete image' : 'Delete tag'}
          </Button>
        )
      }
    >
      <PullBox repository={repository} reference={reference} user={me.name} />
      {image.error !== undefined && <ErrorState error={image.error} onRetry={image.reload} />}
      {image.isLoading && <Skeleton lines={8} label="Loading the image" />}
      {image.data !== undefined && <Contents repository={repository} image={image.data} />}
      <Equivalent
        command={`crane manifest ${quoted(`${location.host}/${repository}${isDigest ? '@' : ':'}${reference}`)}`}
        api={{ method: 'GET', path: pathTo('repositories', repository, 'manifests', reference) }}
      />
      {isDeleting && (
        <DeleteImage
          repository={repository}
          reference={reference}
          onClose={() => setDeleting(false)}
          onDeleted={() => route(repositoryHref(repository))}
        />
      )}
    </Page>
  );
}

function Contents({ repository, image }: { readonly repository: string; readonly image: StoredManifest }) {
  const { manifest, digest } = image;
  return (
    <>
      {manifest.kind === 'index' ? (
        <IndexDetails repository={repository} digest={digest} manifest={manifest} />
      ) : (
        <ManifestDetails repository={repository} digest={digest} manifest={manifest} />
      )}
      <Referrers repository={repository} digest={digest} manifest={manifest} />
    </>
  );
}
