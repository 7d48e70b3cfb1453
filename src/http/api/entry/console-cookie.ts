import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { consoleLifetime } from '../../../identity/console/console-lifetime.ts';
import { consoleCookie } from '../../../identity/console/console-secret.ts';
import type { ActiveConsoleSession, ConsoleSignIns } from '../../../identity/console/console-sessions.ts';
import { formatHost } from '../../../net/host.ts';
import type { Secret } from '../../../secret.ts';
import type { RequestContext } from '../../request-context.ts';
import type { FindConsoleSession } from '../authentication.ts';

/**
 * The header, with the value `true`, of requests that a page of the console sends by itself, for example to show new
 * rows of the audit log. Such requests do not prolong the session.
 */
export const backgroundHeader = 'dockpass-background';

const attributes = 'Path=/; Secure; HttpOnly; SameSite=Strict';

/** Returns the value of the Set-Cookie header that starts a session. */
export function sessionCookie(secret: Secret): string {
  return `${consoleCookie}=${secret.reveal()}; Max-Age=${consoleLifetime.absolute}; ${attributes}`;
}

/** The value of the Set-Cookie header that removes the cookie. */
export const endedCookie = `${consoleCookie}=; Max-Age=0; ${attributes}`;

/** Creates the function with which the API finds the session of a request. */
export function createFindConsoleSession(signIns: Pick<ConsoleSignIns, 'resume'>): FindConsoleSession {
  return async ({ headers }: Pick<IncomingMessage, 'headers'>, context) => {
    const found = await resumeSession(headers, context, signIns);
    return found && { subject: found.subject, sessionId: found.session.id };
  };
}

/** Returns the session to which the cookie of a request belongs. */
export async function resumeSession(
  headers: IncomingHttpHeaders,
  { host, address }: RequestContext,
  signIns: Pick<ConsoleSignIns, 'resume'>,
): Promise<ActiveConsoleSession | undefined> {
  const cookie = readConsoleCookie(headers.cookie);
  const isBackground = headers[backgroundHeader] === 'true';
  return cookie === undefined
    ? undefined
    : signIns.resume({ cookie, host: formatHost(host), address, isBackground });
}

/** Reads the cookie of the console (RFC 6265 section 4.2.1). A request with two of them has none. */
function readConsoleCookie(header = ''): string | undefined {
  const values = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${consoleCookie}=`))
    .map((pair) => pair.slice(consoleCookie.length + 1));
  return values.length === 1 ? values[0] : undefined;
}
