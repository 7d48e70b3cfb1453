import { hash } from 'node:crypto';
import { DockpassError } from '../../../errors.ts';
import type { Ports, Store } from '../../../store/store.ts';
import { InvalidInput } from '../input/invalid-input.ts';
import type { Answer, RawCall, Route } from '../route.ts';
import { withGuard } from './guarded-store.ts';

/**
 * Computes the ETag of an answer (RFC 9110 section 8.8.3) from its body.
 * @param route the GET route of the resource. Members that change with each use of the resource do not count
 */
export function etagOf({ etag }: Pick<Route, 'etag'>, body: unknown): string {
  const ignored = typeof etag === 'object' ? etag.without : [];
  const text = JSON.stringify(body, (name, value: unknown) => (ignored.includes(name) ? undefined : value));
  return `"${hash('sha256', text, 'base64url')}"`;
}

/** Adds the ETag to the answer of a GET, or of a write that answers with the same representation as the GET. */
export function withEtag(route: Route, resource: Route | undefined, answer: Answer): Answer {
  const isRepresentation =
    resource !== undefined &&
    answer.status === 200 &&
    (route === resource || route.answers[200] === resource.answers[200]);
  if (!isRepresentation) return answer;
  return { ...answer, headers: { ...answer.headers, ETag: etagOf(resource, answer.body) } };
}

/**
 * Checks `If-Match` (RFC 9110 section 13.1.1) before a write, and again in the transaction of each change. So if two
 * clients write with the same ETag, only one of them succeeds.
 * @param resource the GET route whose answer has the ETag; undefined if there is none
 * @returns the call, with a store that repeats the check
 * @throws DockpassError `precondition_failed`, and the errors of the GET route
 */
export async function requireMatch(call: RawCall, resource: Route | undefined): Promise<RawCall> {
  const header = call.headers['if-match'];
  if (header === undefined) return call;
  const wanted = parseTags(header);
  if (resource === undefined)
    throw new DockpassError(
      'precondition_failed',
      'this resource has no ETag, so If-Match cannot be true. Send the request without If-Match.',
    );
  const { store } = call.api;
  const check = async (ports: Ports): Promise<void> => {
    // The handler of the GET reads the tables of this transaction.
    const inTransaction: Store = { ...store, ...ports };
    const answer = await resource.run({
      ...call,
      query: {},
      body: undefined,
      api: { ...call.api, store: inTransaction },
    });
    if (wanted === '*' || wanted.includes(etagOf(resource, answer.body))) return;
    throw new DockpassError(
      'precondition_failed',
      'the resource was changed since you read it. Read it again, and send the change with the new ETag.',
    );
  };
  await check(store);
  return { ...call, api: { ...call.api, store: withGuard(store, check) } };
}

/** Weak tags never match, because If-Match requires the strong comparison. */
function parseTags(header: string): readonly string[] | '*' {
  if (header.trim() === '*') return '*';
  const tags = header.split(',').map((tag) => tag.trim());
  if (tags.every((tag) => /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/.test(tag))) return tags;
  throw new InvalidInput([
    {
      in: 'header',
      pointer: '/If-Match',
      detail: 'this is no list of entity tags. Send the ETag of the resource with its quotes',
    },
  ]);
}
