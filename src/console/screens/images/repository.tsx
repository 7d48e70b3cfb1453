import TagIcon from 'lucide-static/icons/tag.svg';
import { useState } from 'preact/hooks';
import { pathTo } from '../../api/client.ts';
import { useTagSummaries } from '../../api/tag-summaries.ts';
import { useList } from '../../api/use-list.ts';
import { ListView } from '../../components/data/list-view.tsx';
import { EmptyState } from '../../components/feedback/states.tsx';
import { Button } from '../../components/form/button.tsx';
import { SearchBox } from '../../components/form/search-box.tsx';
import { PullBox } from '../../components/image/pull-box.tsx';
import { Page } from '../../components/layout/page.tsx';
import { CopyableCode } from '../../components/text/copyable.tsx';
import { Equivalent, quoted } from '../../components/text/equivalent.tsx';
import { referrerTag } from '../../model/images/referrers.ts';
import type { ScreenProps } from '../../routes.ts';
import { useMe } from '../../state/session.tsx';
import { useQueryValue } from '../../state/use-query-value.ts';
import { DeleteImage } from './delete-image.tsx';
import { RepositoryTabs } from './repository-tabs.tsx';
import { tagColumns, type TagItem } from './tag-columns.tsx';
import { useMayDelete } from './use-may-delete.ts';

/** The tags of a repository. */
export function Repository({ params }: ScreenProps) {
  const { name: repository = '' } = params;
  const me = useMe();
  const [q, setQ] = useQueryValue('q');
  const [showsAll, setShowsAll] = useState(false);
  const [deleted, setDeleted] = useState<string>();
  const mayDelete = useMayDelete(repository);
  const path = pathTo('repositories', repository, 'tags');
  const list = useList<TagItem>(path, { q });
  const items = list.items ?? [];
  const tags = showsAll ? items : items.filter(({ name }) => referrerTag(name) === undefined);
  const hiddenCount = items.length - tags.length;
  const states = useTagSummaries(
    repository,
    tags.map(({ name }) => name),
  );
  const first = tags.find(({ name }) => name === 'latest') ?? tags[0];
  return (
    <Page title={repository} crumbs={[{ label: 'Repositories', href: '/auth/repositories' }]}>
      <RepositoryTabs repository={repository} />
      {first !== undefined && q === '' && (
        <PullBox repository={repository} reference={first.name} user={me.name} />
      )}
      <div class="toolbar">
        <SearchBox label="Search tags" value={q} onSearch={setQ} />
      </div>
      <ListView
        list={{ ...list, items: list.items === undefined ? undefined : hiddenCount < items.length ? tags : items }}
        caption={`Tags of ${repository}`}
        keyOf={({ name }) => name}
        isFiltered={q !== ''}
        columns={tagColumns({
          repository,
          states,
          tags,
          onDelete: mayDelete ? setDeleted : undefined,
        })}
        empty={<NoTags repository={repository} />}
      />
      {hiddenCount > 0 && hiddenCount < items.length && (
        <p class="muted row">
          {hiddenCount === 1 ? '1 tag that holds' : `${hiddenCount} tags that hold`} signatures or attestations{' '}
          {hiddenCount === 1 ? 'is' : 'are'} hidden.
          <Button kind="quiet" onClick={() => setShowsAll(true)}>
            Show all tags
          </Button>
        </p>
      )}
      <Equivalent command={`dockpass repo tags ${quoted(repository)}`} api={{ method: 'GET', path }} />
      {deleted !== undefined && (
        <DeleteImage
          repository={repository}
          reference={deleted}
          onClose={() => setDeleted(undefined)}
          onDeleted={() => {
            setDeleted(undefined);
            void list.reload();
          }}
        />
      )}
    </Page>
  );
}

function NoTags({ repository }: { readonly repository: string }) {
  return (
    <EmptyState
      Icon={TagIcon}
      title="There are no tags"
      action={<CopyableCode text={`docker push ${location.host}/${repository}:1.0`} />}
    >
      All images of this repository were deleted, or they have no tag. A registry lists such a repository until its
      folder is removed from the storage. Push an image to add a tag.
    </EmptyState>
  );
}
