import { Page } from '../../components/layout/page.tsx';
import { repositoryHref } from '../../model/images/addresses.ts';
import type { ScreenProps } from '../../state/screen-props.ts';
import { UsageContent } from '../usage/usage-content.tsx';
import { RepositoryTabs } from './repository-tabs.tsx';

/** How the images of one repository are used. */
export function RepositoryUsage({ params }: ScreenProps) {
  const { name: repository = '' } = params;
  return (
    <Page
      title={`Usage of ${repository}`}
      crumbs={[
        { label: 'Repositories', href: '/auth/repositories' },
        { label: repository, href: repositoryHref(repository) },
      ]}
    >
      <RepositoryTabs repository={repository} />
      <UsageContent repository={repository} />
    </Page>
  );
}
