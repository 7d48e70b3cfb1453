import Trash from 'lucide-static/icons/trash-2.svg';
import type { TagState } from '../../api/tag-summaries.ts';
import type { Column } from '../../components/data/data-table.tsx';
import { Digest } from '../../components/image/digest.tsx';
import { CopyButton } from '../../components/text/copyable.tsx';
import { Time } from '../../components/text/time.tsx';
import { imageName } from '../../model/images/pull-commands.ts';
import { CreatedAt, PendingCell, Platforms, Sizes, TagName } from './tag-cells.tsx';

export interface TagItem {
  readonly name: string;
  /** Times of the last pull and push, if the server knows them. */
  readonly lastPulledAt?: string | null;
  readonly lastPushedAt?: string | null;
}

export interface TagColumnsOptions {
  readonly repository: string;
  readonly states: ReadonlyMap<string, TagState>;
  readonly tags: readonly TagItem[];
  /** Undefined if the person may not delete. */
  readonly onDelete: ((tag: string) => void) | undefined;
}

/** The columns of the table of tags. Times of pushes and pulls are shown only if the server knows one of them. */
export function tagColumns({ repository, states, tags, onDelete }: TagColumnsOptions): readonly Column<TagItem>[] {
  const isKnown = (value: string | null | undefined): boolean => value !== undefined && value !== null;
  const timeColumn = (label: string, key: 'lastPulledAt' | 'lastPushedAt'): readonly Column<TagItem>[] =>
    tags.some((tag) => isKnown(tag[key]))
      ? [{ label, render: (tag) => <Time value={tag[key]} never="not known" /> }]
      : [];
  return [
    { label: 'Tag', isName: true, render: ({ name }) => <TagName repository={repository} name={name} /> },
    {
      label: 'Digest',
      render: ({ name }) => (
        <PendingCell state={states.get(name)}>{({ digest }) => <Digest value={digest} />}</PendingCell>
      ),
    },
    {
      label: 'Platform',
      render: ({ name }) => (
        <PendingCell state={states.get(name)}>{(summary) => <Platforms {...summary} />}</PendingCell>
      ),
    },
    {
      label: 'Size',
      isNumber: true,
      render: ({ name }) => (
        <PendingCell state={states.get(name)}>{(summary) => <Sizes {...summary} />}</PendingCell>
      ),
    },
    {
      label: 'Created',
      render: ({ name }) => (
        <PendingCell state={states.get(name)}>{(summary) => <CreatedAt {...summary} />}</PendingCell>
      ),
    },
    ...timeColumn('Last push', 'lastPushedAt'),
    ...timeColumn('Last pull', 'lastPulledAt'),
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
