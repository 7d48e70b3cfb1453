import { hostname, userInfo } from 'node:os';
import type { ChangeActor } from '../../audit/event.ts';
import type { Store } from '../../store/store.ts';

/** The largest length of each name in the description of an actor. */
const maxLength = 64;

/**
 * Returns the store for a command that a person runs. The audit log names this person in the row of each administrative
 * change that is made through the returned store.
 */
export function asCommandLine(store: Store): Store {
  return withActor(store, { address: '', client: `cli: ${describePerson(process.env)}` });
}

/**
 * Returns a store that records its changes with this actor. A change that names an actor itself is recorded with that
 * one.
 */
export function withActor(store: Store, actor: ChangeActor): Store {
  return { ...store, actor, change: (what, work) => store.change({ by: actor, ...what }, work) };
}

/**
 * Describes who runs this process, such as `alice on build1` or `root (sudo by alice) on build1`. The text helps to
 * find out who made a change. It is no proof, because a user who can write the database can also write other texts.
 */
export function describePerson(environment: Readonly<Record<string, string | undefined>>): string {
  const caller = environment['SUDO_USER'] ?? environment['DOAS_USER'] ?? '';
  const user = systemUser();
  const by = caller === '' || caller === user ? '' : ` (sudo by ${shorten(caller)})`;
  return `${shorten(user)}${by} on ${shorten(hostname())}`;
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container can run with a user id that has no entry in /etc/passwd.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** Removes line breaks and control characters, and limits the length. */
function shorten(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '').slice(0, maxLength);
}
