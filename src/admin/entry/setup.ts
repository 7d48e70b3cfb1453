import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import { DockpassError } from '../../errors.ts';
import { parseNewUserName } from '../../identity/user-name.ts';
import { Secret } from '../../secret.ts';
import type { Ports, Store } from '../../store/store.ts';
import { change, secondsOf } from '../change.ts';
import { requireAdded, requireFreeName } from '../names.ts';
import { hashNewPassword, type NewPassword } from '../users.ts';

/** The name of the installation fact that contains the hash of the setup code, and when the code expires. */
const factName = 'setup-code';
/** A setup code is valid for 24 hours. */
const codeLifetime = 24 * 60 * 60;
/** 18 random bytes are 144 bits, which are 24 characters in base64url. */
const codeBytes = 18;

interface SetupCode {
  readonly hash: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Creates the one-time code with which the first administrator is created. Ends the code of an earlier start.
 * @param htpasswd the path of the htpasswd file, or null if no such file is in use
 * @returns undefined if there is an enabled administrator, or if an htpasswd file is in use. Then no code is valid
 */
export async function createSetupCode(
  store: Store,
  clock: Clock,
  htpasswd: string | null,
): Promise<Secret | undefined> {
  if (!(await isSetupNeeded(store, htpasswd))) {
    if ((await store.facts.read()).has(factName)) await store.facts.remove(factName);
    return undefined;
  }
  const code = randomBytes(codeBytes).toString('base64url');
  const stored: SetupCode = { hash: hashOf(code), expiresAt: secondsOf(clock) + codeLifetime };
  await store.facts.set(factName, JSON.stringify(stored));
  return new Secret(code);
}

async function isSetupNeeded({ users }: Pick<Ports, 'users'>, htpasswd: string | null): Promise<boolean> {
  return htpasswd === null && !(await users.hasEnabledAdmin());
}

export interface FirstAdministrator extends NewPassword {
  readonly code: Secret;
  /** The name as a person typed it. */
  readonly name: string;
  readonly htpasswd: string | null;
}

/**
 * Checks a setup code, without using it up.
 * @throws DockpassError `forbidden` if the code is wrong, used, expired, or replaced by a later start, or if there is
 *   an enabled administrator
 */
export async function requireSetupCode(
  ports: Pick<Ports, 'users' | 'facts'>,
  clock: Clock,
  code: Secret,
  htpasswd: string | null,
): Promise<void> {
  const text = (await ports.facts.read()).get(factName);
  const stored = text === undefined ? undefined : (JSON.parse(text) as SetupCode);
  if (stored === undefined || !isSame(stored.hash, hashOf(code.reveal()))) throw setupEnded();
  if (secondsOf(clock) >= stored.expiresAt || !(await isSetupNeeded(ports, htpasswd))) throw setupEnded();
}

/**
 * Creates the first administrator with the code of the setup link. If several requests use the code at once, one of
 * them succeeds.
 * @returns the name as it is stored
 * @throws DockpassError `forbidden`, `bad_name`, `bad_password`, `already_exists`
 */
export async function createFirstAdministrator(
  store: Store,
  clock: Clock,
  { code, name: text, htpasswd, ...newPassword }: FirstAdministrator,
): Promise<string> {
  // Checked first, so that a wrong code costs no password hash. Checked again in the transaction.
  await requireSetupCode(store, clock, code, htpasswd);
  const name = parseNewUserName(text);
  await requireFreeName(store, name, 'user');
  const passwordHash = await hashNewPassword(newPassword);
  const what = `user ${name} added as admin with the setup link`;
  await change(store, clock, { subject: name, what }, async (ports, at) => {
    await requireSetupCode(ports, clock, code, htpasswd);
    await requireFreeName(ports, name, 'user');
    const user = { name, passwordHash, disabled: false, createdAt: at, changedAt: at };
    requireAdded(await ports.users.add({ ...user, role: 'admin' }), name, 'user');
    await ports.facts.remove(factName);
  });
  return name;
}

function hashOf(code: string): string {
  return hash('sha256', `setup ${code}`, 'hex');
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

function setupEnded(): DockpassError {
  return new DockpassError(
    'forbidden',
    'this setup link is not valid: it was used already, it is older than 24 hours, or dockpass was started again after it was printed. If there is no administrator yet, use the link of the latest start, or start dockpass again. If there is one, sign in.',
  );
}
