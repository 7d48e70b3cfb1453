import { useState } from 'preact/hooks';
import { call, pathTo } from '../../api/client.ts';
import type { Manifest } from '../../api/image-types.ts';
import { ApiError } from '../../api/problem.ts';
import { useAsync } from '../../api/use-async.ts';
import type { Page } from '../../api/types.ts';
import { Alert } from '../../components/feedback/alert.tsx';
import { ConfirmDialog } from '../../components/feedback/confirm-dialog.tsx';
import { Dialog } from '../../components/feedback/dialog.tsx';
import { ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { shortDigest } from '../../format/digest.ts';
import { useToast } from '../../state/toasts.tsx';

export interface DeleteImageProps {
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string;
  onClose(): void;
  onDeleted(): void;
}

/** Deletes a tag or an image. Before that, it names all tags that are the same image. */
export function DeleteImage({ repository, reference, onClose, onDeleted }: DeleteImageProps) {
  const isDigest = reference.includes(':');
  const found = useAsync(`${repository} ${reference}`, (signal) =>
    findSiblings(repository, reference, signal),
  );
  const title = isDigest ? `Delete image ${shortDigest(reference)}` : `Delete tag ${reference}`;
  if (found.data === undefined)
    return (
      <Dialog title={title} onClose={onClose}>
        {found.error === undefined ? (
          <Skeleton lines={3} label="Looking for other tags of this image" />
        ) : (
          <ErrorState error={found.error} onRetry={found.reload} />
        )}
      </Dialog>
    );
  return <Confirm {...{ repository, reference, title, siblings: found.data, onClose, onDeleted }} />;
}

interface ConfirmProps extends DeleteImageProps {
  readonly title: string;
  readonly siblings: readonly string[];
}

function Confirm({ repository, reference, title, siblings, onClose, onDeleted }: ConfirmProps) {
  const toast = useToast();
  const isDigest = reference.includes(':');
  /** The registry has answered that it can delete the tag only with its siblings. */
  const [needsAll, setNeedsAll] = useState(false);
  const [shown, setShown] = useState(siblings);
  const path = pathTo('repositories', repository, isDigest ? 'manifests' : 'tags', reference);
  const removesAll = isDigest || needsAll;
  return (
    <ConfirmDialog
      key={String(needsAll)}
      title={title}
      confirm={removesAll && shown.length > 0 ? `Delete with ${countTags(shown.length)}` : 'Delete'}
      typed={isDigest ? repository : `${repository}:${reference}`}
      onClose={onClose}
      onConfirm={async () => {
        try {
          await call('DELETE', path, needsAll ? { query: { siblings: true } } : {});
        } catch (error) {
          if (!(error instanceof ApiError) || error.code !== 'tag_has_siblings' || needsAll) throw error;
          setShown(await findSiblings(repository, reference));
          setNeedsAll(true);
          return;
        }
        toast(`${isDigest ? `Image ${shortDigest(reference)}` : `Tag ${reference}`} was deleted.`);
        onDeleted();
      }}
    >
      {shown.length > 0 && <Siblings {...{ tags: shown, isDigest, needsAll }} />}
      <p>
        {isDigest || shown.length === 0 || needsAll
          ? 'Clients can no longer pull this image.'
          : 'Clients can no longer pull the image by this tag.'}{' '}
        This cannot be undone. The disk space is freed by the garbage collection of the registry.
      </p>
    </ConfirmDialog>
  );
}

function Siblings({
  tags,
  isDigest,
  needsAll,
}: {
  readonly tags: readonly string[];
  readonly isDigest: boolean;
  readonly needsAll: boolean;
}) {
  if (needsAll || isDigest)
    return (
      <Alert
        kind="warning"
        title={
          isDigest
            ? `${countTags(tags.length)} of this image will be deleted too`
            : 'This registry cannot delete the tag alone. These tags of the same image will be deleted too'
        }
      >
        <TagList tags={tags} />
      </Alert>
    );
  return (
    <Alert kind="info" title={`${countTags(tags.length)} of the same image`}>
      <TagList tags={tags} />
      <p>
        They stay if this registry can delete a single tag. Otherwise, nothing is deleted now, and you are
        asked again.
      </p>
    </Alert>
  );
}

function TagList({ tags }: { readonly tags: readonly string[] }) {
  return (
    <ul class="inline-list">
      {tags.map((tag) => (
        <li key={tag}>
          <code>{tag}</code>
        </li>
      ))}
    </ul>
  );
}

function countTags(count: number): string {
  return count === 1 ? '1 other tag' : `${count} other tags`;
}

/** Returns the other tags of the same image, as the registry has them now. */
async function findSiblings(
  repository: string,
  reference: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const options = signal === undefined ? {} : { signal };
  const manifest = pathTo('repositories', repository, 'manifests', reference);
  const digest = reference.includes(':')
    ? reference
    : (await call<Manifest>('GET', manifest, options)).data.digest;
  const path = pathTo('repositories', repository, 'manifests', digest, 'tags');
  const { data } = await call<Page<{ readonly name: string }>>('GET', path, options);
  return data.items.map(({ name }) => name).filter((name) => name !== reference);
}
