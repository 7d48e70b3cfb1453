import { pathTo } from '../../api/client.ts';
import type { Repository } from '../../api/image-types.ts';
import { useResource } from '../../api/use-resource.ts';

export interface KnownRepository {
  readonly repository: Repository | undefined;
  readonly mayDelete: boolean;
}

/** Reads what the person may do on a repository. Until the answer is there, nothing can be deleted. */
export function useRepository(name: string): KnownRepository {
  const { data } = useResource<Repository>(pathTo('repositories', name));
  const actions = data?.actions ?? [];
  return { repository: data, mayDelete: actions.includes('delete') || actions.includes('*') };
}
