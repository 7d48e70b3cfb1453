import TagIcon from 'lucide-static/icons/tag.svg';
import { useState } from 'preact/hooks';
import { pathTo } from '../../api/client.ts';
import type { TagItem } from '../../api/image-types.ts';
import { useList } from '../../api/use-list.ts';
import { ListView } from '../../components/data/list-view.tsx';
import { EmptyState } from '../../components/feedback/states.tsx';
import { CheckField } from '../../components/form/fields.tsx';
import { SearchBox } from '../../components/form/search-box.tsx';
import { PullBox } from '../../components/image/pull-box.tsx';
import { Page } from '../../components/layout/page.tsx';
import { Badge } from '../../components/text/badge.tsx';
import { CopyableCode } from '../../components/text/copyable.tsx';
import { Equivalent, quoted } from '../../components/text/equivalent.tsx';
import type { ScreenProps } from '../../state/screen-props.ts';
import { useMe } from '../../state/session.tsx';
import { useQueryValue } from '../../state/use-query-value.ts';
import { DeleteImage } from './delete-image.tsx';
import { RepositoryTabs } from './repository-tabs.tsx';
import { tagColumns } from './tag-columns.tsx';
import { useRepository } from './use-repository.ts';

/** The tags of a repository. */
export function Repository({ params }: ScreenProps) {
  const { name: repository = '' } = params;
  const me = useMe();
  const [q, setQ] = useQueryValue('q');
  const [all, setAll] = useQueryValue('all');
  const [deleted, setDeleted] = useState<string>();
  const known = useRepository(repository);
  const path = pathTo('repositories', repository, 'tags');
  const list = useList<TagItem>(path, { q, withoutReferrers: all === '' ? true : undefined });
  const tags = list.items ?? [];
  const first = tags.find(({ name }) => name === 'latest') ?? tags[0];
  return (
    <Page
      title={repository}
      crumbs={[{ label: 'Repositories', href: '/auth/repositories' }]}
      badges={known.repository?.public === true && <Badge kind="accent">public</Badge>}
    >
      <RepositoryTabs repository={repository} />
      {first !== undefined && <PullBox repository={repository} reference={first.name} user={me.name} />}
      <div class="toolbar">
        <SearchBox label="Search tags" value={q} onSearch={setQ} />
        <CheckField
          label="Show signatures and attestations"
          value={all !== ''}
          onValue={(isShown) => setAll(isShown ? '1' : '')}
        />
      </div>
      <ListView
        list={list}
        caption={`Tags of ${repository}`}
        keyOf={({ name }) => name}
        isFiltered={q !== ''}
        columns={tagColumns({ repository, tags, onDelete: known.mayDelete ? setDeleted : undefined })}
        empty={<NoTags repository={repository} />}
      />
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
      Push an image to add a tag. A registry lists a repository until its folder is removed from the storage,
      also if all its images were deleted.
    </EmptyState>
  );
}
