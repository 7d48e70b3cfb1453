import { hash } from 'node:crypto';
import { secondsOf } from '../../../admin/change.ts';
import { DockpassError } from '../../../errors.ts';
import { createPasswordHasher, type PasswordHasher } from '../../../identity/password/password-hash.ts';
import { Secret } from '../../../secret.ts';
import type { IdempotentRequest } from '../../../store/store.ts';
import { InvalidInput } from '../input/invalid-input.ts';
import type { Answer, RawCall, Route } from '../route.ts';
import { withGuard } from './guarded-store.ts';

/** How long an answer is kept, in seconds. */
const keptSeconds = 24 * 60 * 60;

/** Answers a call. */
type Run = (call: RawCall) => Promise<Answer>;

/**
 * Runs a POST with an Idempotency-Key at most once. If the caller has sent the same request with this key before, the
 * answer is the earlier one, but without secrets.
 *
 * The key is written in the transaction of the change, so a change is never made twice. A request that failed or
 * changed nothing leaves no key, and is run again. If the server stops between the change and its answer, the answer is
 * lost: later requests with this key are then answered with 409.
 * @throws DockpassError `idempotency_key_reused`, `bad_request`, and the errors of `run`
 */
export type RunOnce = (route: Route, call: RawCall, run: Run) => Promise<Answer>;

export function createRunOnce(): RunOnce {
  const hasher = createPasswordHasher();
  /** The requests with a key that are being answered. */
  const running = new Map<string, Promise<unknown>>();
  return async (route, call, run) => {
    const key = readKey(route, call);
    if (key === undefined) return run(call);
    const { subject } = call.caller ?? {};
    if (subject === undefined) return run(call);
    const caller = `${subject.kind} ${subject.name}`;
    const id = JSON.stringify([caller, key]);
    while (running.has(id)) await running.get(id);
    const answering = answerOnce(route, call, run, { caller, key }, hasher);
    // Another request only waits for the end. The error goes to the client of this request.
    const ended = answering.catch(() => {}).finally(() => running.delete(id));
    running.set(id, ended);
    return answering;
  };
}

async function answerOnce(
  route: Route,
  call: RawCall,
  run: Run,
  { caller, key }: Pick<IdempotentRequest, 'caller' | 'key'>,
  hasher: PasswordHasher,
): Promise<Answer> {
  const { store, clock, log } = call.api;
  const now = secondsOf(clock);
  const earlier = await store.idempotencyKeys.find(caller, key);
  if (earlier !== undefined && earlier.createdAt > now - keptSeconds)
    return replay(earlier, route, call, hasher);
  const request = await fingerprintOf(route, call, hasher);
  let isAdded = false;
  const guarded = withGuard(store, async ({ idempotencyKeys }) => {
    if (isAdded) return;
    await idempotencyKeys.removeBefore(now - keptSeconds + 1);
    if (!(await idempotencyKeys.add({ caller, key, request, createdAt: now }))) throw unknownAnswer();
    isAdded = true;
  });
  const answer = await run({ ...call, api: { ...call.api, store: guarded } });
  if (isAdded)
    await store.idempotencyKeys
      .setAnswer(caller, key, JSON.stringify(answer, withoutSecrets))
      .catch((error: unknown) => log.error('cannot store the answer to a request with a key', error));
  return answer;
}

async function replay(
  { request, answer }: IdempotentRequest,
  route: Route,
  call: RawCall,
  hasher: PasswordHasher,
): Promise<Answer> {
  if (!(await isSameRequest(request, route, call, hasher)))
    throw new DockpassError(
      'idempotency_key_reused',
      'another request was sent with this Idempotency-Key in the last 24 hours. Send each request with a key of its own.',
    );
  if (answer === null) throw unknownAnswer();
  const stored = JSON.parse(answer) as Answer;
  return { ...stored, headers: { ...stored.headers, 'Idempotency-Replayed': 'true' } };
}

function unknownAnswer(): DockpassError {
  return new DockpassError(
    'idempotency_key_reused',
    'a request with this Idempotency-Key has made its change, but its answer is not known here. If it is still running, try again in a second. Otherwise, read the resource to see the change.',
    { retryAfter: 1 },
  );
}

/** The members of answers and requests that are secrets. The database never stores their text. */
const secretMembers: ReadonlySet<string> = new Set(['secret', 'token', 'jwt', 'password', 'current', 'code']);

function withoutSecrets(name: string, value: unknown): unknown {
  return secretMembers.has(name) && typeof value === 'string' ? undefined : value;
}

/**
 * Returns a text that identifies a request. People who can read the database could find a password from its digest
 * quickly, so the secrets in the request are hashed like a password in the table of users.
 */
async function fingerprintOf(route: Route, call: RawCall, hasher: PasswordHasher): Promise<string> {
  const secrets = secretsOf(call);
  return secrets === undefined
    ? digestOf(route, call)
    : `${digestOf(route, call)} ${await hasher.hash(new Secret(secrets))}`;
}

async function isSameRequest(
  fingerprint: string,
  route: Route,
  call: RawCall,
  hasher: PasswordHasher,
): Promise<boolean> {
  const [digest, passwordHash] = fingerprint.split(' ');
  const secrets = secretsOf(call);
  if (digest !== digestOf(route, call) || (passwordHash === undefined) !== (secrets === undefined))
    return false;
  return secrets === undefined || hasher.verify(new Secret(secrets), passwordHash);
}

function digestOf({ method, path }: Route, { params, query, body }: RawCall): string {
  return hash('sha256', JSON.stringify([method, path, params, query, body], withoutSecrets), 'base64url');
}

/** Returns the secrets in the body of a request as one text, or undefined if there are none. */
function secretsOf({ body }: RawCall): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const secrets = Object.entries(body).filter(
    ([name, value]) => secretMembers.has(name) && typeof value === 'string',
  );
  return secrets.length === 0 ? undefined : JSON.stringify(secrets.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function readKey({ method }: Route, { headers }: RawCall): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined || method !== 'POST') return undefined;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new InvalidInput([
    {
      in: 'header',
      pointer: '/Idempotency-Key',
      detail: 'the key must have 1 to 255 visible ASCII characters',
    },
  ]);
}
