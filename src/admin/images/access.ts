import { DockpassError } from '../../errors.ts';
import { isMissing } from '../../registry/api-client.ts';
import { actionsOn, type NamesQuestion } from '../../policy/pullable-repositories.ts';

/** Who asks, as `decide` needs it. */
export type Asker = Pick<NamesQuestion, 'subject' | 'realm' | 'policy' | 'address'>;

/**
 * Checks that a subject may do an action on a repository. A subject that may not even pull gets the same error as for a
 * repository that does not exist.
 * @throws DockpassError `no_such_image`; `forbidden` if the subject may pull but not delete
 */
export function requireAction(repository: string, action: 'pull' | 'delete', asker: Asker): void {
  const allowed = actionsOn(repository, [action], asker);
  if (allowed.includes(action)) return;
  if (action === 'pull' || actionsOn(repository, ['pull'], asker).length === 0)
    throw noSuchImage(`the repository ${repository}`);
  throw new DockpassError(
    'forbidden',
    `you may pull from ${repository}, but not delete its images. Ask an administrator for the right "delete": dockpass grant add NAME ${repository} pull,delete`,
  );
}

/**
 * Runs `work`. If the registry does not have what it reads, throws the same error as for something that the caller may
 * not pull.
 * @param what what is requested, such as `the repository team/app`
 */
export async function orNoSuchImage<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw isMissing(error) ? noSuchImage(what) : error;
  }
}

function noSuchImage(what: string): DockpassError {
  return new DockpassError(
    'no_such_image',
    `the registry does not have ${what}, or you may not pull it. List what you may pull: GET /repositories, or "dockpass repo list".`,
  );
}
