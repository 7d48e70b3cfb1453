import type { CatalogAccess } from '../../policy/decide.ts';
import {
  findPullable,
  firstIndex,
  type NamesPage,
  type NamesQuestion,
} from '../../policy/pullable-repositories.ts';
import { decide } from '../../policy/decide.ts';
import type { Scope } from '../../scope/scope.ts';
import type { Asker } from '../images/access.ts';
import type { ImageRegistry } from '../images/image-registry.ts';

/** The scope that a client requests for the list of repositories. */
export const catalogScope: Scope = { type: 'registry', class: undefined, name: 'catalog', actions: ['*'] };

/** Returns what the asker may list with the settings and rights in force. Undefined if nothing. */
export function catalogAccessFor({ subject, realm, policy, address }: Asker): CatalogAccess | undefined {
  return decide(subject, realm, [catalogScope], policy, address)[0]?.catalog;
}

/**
 * Returns one page of the list of repositories, sorted by name. All lists of repositories call `findPullable`, so they
 * agree with each other. Only if a user may list all repositories, rights on single repositories do not count.
 * @throws DockpassError `registry_unreachable`, `registry_refused` if the registry was never reached
 */
export async function listCatalog(
  { repositories }: Pick<ImageRegistry, 'repositories'>,
  access: CatalogAccess,
  question: NamesQuestion,
): Promise<NamesPage> {
  const { names } = await repositories.list();
  if (access !== 'all') return findPullable(names, question);
  const { after, limit } = question;
  const start = after === undefined ? 0 : firstIndex(names, (name) => name > after);
  const page = names.slice(start, start + limit);
  return { names: page, next: start + limit < names.length ? page.at(-1) : undefined };
}
