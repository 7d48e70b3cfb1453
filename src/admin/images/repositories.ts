import { anonymous } from '../../policy/subject.ts';
import { actionsOn, findPullable, mayPull, type NamesQuestion } from '../../policy/pullable-repositories.ts';
import { actions, type Action } from '../../policy/rights.ts';
import type { RealmSettings } from '../../realm/resolve-realm.ts';
import type { Asker } from './access.ts';
import type { ImageRegistry } from './image-registry.ts';

export interface RepositoryView {
  readonly name: string;
  /** What the asker may do on the repository. */
  readonly actions: readonly Action[];
  /** Whether anyone may pull the repository under a public domain. */
  readonly public: boolean;
}

export interface RepositoryPage {
  readonly items: readonly RepositoryView[];
  /** The name after which the next page starts. */
  readonly next: string | undefined;
  /** When the registry was asked for the list, as in RFC 3339. */
  readonly readAt: string;
  /** Why the registry could not be asked again. Null if the list is up to date. */
  readonly problem: string | null;
}

/**
 * Returns one page of the repositories that the asker may pull, sorted by name.
 * @throws DockpassError `registry_unreachable`, `registry_refused` if the registry was never reached
 */
export async function listRepositories(
  registry: ImageRegistry,
  realms: RealmSettings,
  question: NamesQuestion,
): Promise<RepositoryPage> {
  const { names, readAt, problem } = await registry.repositories.list();
  const page = await findPullable(names, question);
  return {
    items: page.names.map((name) => viewOf(name, realms, question)),
    next: page.next,
    readAt: new Date(readAt).toISOString(),
    problem: problem?.message ?? null,
  };
}

/**
 * Describes one repository. The caller checks before that the asker may pull it.
 * @throws DockpassError `no_such_image`, `registry_unreachable`, `registry_refused`
 */
export async function describeRepository(
  registry: ImageRegistry,
  realms: RealmSettings,
  name: string,
  asker: Asker,
): Promise<RepositoryView> {
  await registry.tagLists.read(name, 10_000);
  return viewOf(name, realms, asker);
}

function viewOf(name: string, realms: RealmSettings, asker: Asker): RepositoryView {
  const host = { name: 'public.invalid', port: undefined };
  const publicRealm = { kind: 'public', host, because: 'public domain' } as const;
  return {
    name,
    actions: actionsOn(name, actions, asker),
    public:
      realms.publicDomains.length > 0 && mayPull(name, { ...asker, subject: anonymous, realm: publicRealm }),
  };
}
