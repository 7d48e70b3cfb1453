import Trash from 'lucide-static/icons/trash-2.svg';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { pathTo } from '../../api/client.ts';
import type { Manifest } from '../../api/image-types.ts';
import { useResource } from '../../api/use-resource.ts';
import { ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { Button } from '../../components/form/button.tsx';
import { PullBox } from '../../components/image/pull-box.tsx';
import { Page } from '../../components/layout/page.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { shortDigest } from '../../format/digest.ts';
import { repositoryHref } from '../../model/images/addresses.ts';
import type { ScreenProps } from '../../state/screen-props.ts';
import { useMe } from '../../state/session.tsx';
import { DeleteImage } from '../repositories/delete-image.tsx';
import { ImageContents } from './image-contents.tsx';
import { useRepository } from '../repositories/use-repository.ts';

/** One image: what it is, how it was built, and what is known about it. `reference` is a tag or a digest. */
export function Image({ params }: ScreenProps) {
  const { name: repository = '', reference = '' } = params;
  const me = useMe();
  const { route } = useLocation();
  const { mayDelete } = useRepository(repository);
  const [isDeleting, setDeleting] = useState(false);
  const path = pathTo('repositories', repository, 'manifests', reference);
  const image = useResource<Manifest>(path);
  const isDigest = reference.includes(':');
  return (
    <Page
      title={isDigest ? `${repository}@${shortDigest(reference)}` : `${repository}:${reference}`}
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
      {image.error !== undefined && <ErrorState error={image.error} onRetry={() => void image.reload()} />}
      {image.data === undefined && image.error === undefined && (
        <Skeleton lines={8} label="Loading the image" />
      )}
      {image.data !== undefined && (
        <ImageContents repository={repository} reference={reference} manifest={image.data} />
      )}
      <Equivalent api={{ method: 'GET', path }} />
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
