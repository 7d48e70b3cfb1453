import Trash from 'lucide-static/icons/trash-2.svg';
import type { TagItem } from '../../api/image-types.ts';
import type { Column } from '../../components/data/data-table.tsx';
import { Digest } from '../../components/image/digest.tsx';
import { CopyButton } from '../../components/text/copyable.tsx';
import { DateOf } from '../../components/text/time.tsx';
import { imageHref } from '../../model/images/addresses.ts';
import { imageName } from '../../model/images/pull-commands.ts';
import { DownloadSize, LastPull, LastPush, Platforms, TagName } from './tag-cells.tsx';

export interface TagColumnsOptions {
  readonly repository: string;
  readonly tags: readonly TagItem[];
  /** Undefined if the person may not delete. */
  readonly onDelete: ((tag: string) => void) | undefined;
}

/** The columns of the table of tags. Usage is shown only if the registry has reported some. */
export function tagColumns({ repository, tags, onDelete }: TagColumnsOptions): readonly Column<TagItem>[] {
  const usageColumns: readonly Column<TagItem>[] = tags.some(({ usage }) => usage !== null)
    ? [
        { label: 'Last push', render: ({ usage }) => <LastPush usage={usage} /> },
        { label: 'Last pull', render: ({ usage }) => <LastPull usage={usage} /> },
      ]
    : [];
  return [
    { label: 'Tag', isName: true, render: (tag) => <TagName repository={repository} tag={tag} /> },
    {
      label: 'Digest',
      render: ({ digest }) =>
        digest === null ? (
          <span class="muted">not known</span>
        ) : (
          <Digest value={digest} href={imageHref(repository, digest)} />
        ),
    },
    { label: 'Platform', render: (tag) => <Platforms {...tag} /> },
    { label: 'Size', isNumber: true, render: (tag) => <DownloadSize {...tag} /> },
    { label: 'Created', render: ({ created }) => <DateOf value={created} never="not known" /> },
    ...usageColumns,
    {
      label: 'Actions',
      isActions: true,
      render: ({ name }) => (
        <>
          <CopyButton
            text={`docker pull ${imageName({ host: location.host, repository, reference: name })}`}
            label={`Copy docker pull command for ${name}`}
          />
          {onDelete !== undefined && (
            <button
              type="button"
              class="button button-quiet button-icon"
              aria-label={`Delete tag ${name}`}
              title={`Delete tag ${name}`}
              onClick={() => onDelete(name)}
            >
              <Trash />
            </button>
          )}
        </>
      ),
    },
  ];
}
