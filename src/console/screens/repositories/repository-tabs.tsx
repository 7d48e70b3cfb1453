import { Tabs } from '../../components/layout/tabs.tsx';
import { repositoryAccessHref, repositoryHref, repositoryUsageHref } from '../../model/images/addresses.ts';
import { useMe } from '../../state/session.tsx';

/** The pages about one repository. Who has access is for administrators alone. */
export function RepositoryTabs({ repository }: { readonly repository: string }) {
  const { isAdministrator } = useMe();
  return (
    <Tabs
      label={`Repository ${repository}`}
      tabs={[
        { label: 'Tags', href: repositoryHref(repository) },
        { label: 'Usage', href: repositoryUsageHref(repository) },
        ...(isAdministrator ? [{ label: 'Access', href: repositoryAccessHref(repository) }] : []),
      ]}
    />
  );
}
