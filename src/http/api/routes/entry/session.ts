import { z } from 'zod';
import { beginConsoleSession, endConsoleSession } from '../../../../admin/entry/console-sessions.ts';
import { withActor } from '../../../../admin/people/actor.ts';
import { describeCaller } from '../../../../admin/people/me.ts';
import { toSession } from '../../../../admin/sessions.ts';
import { sessionView } from '../../../../admin/views/session-view.ts';
import { DockpassError } from '../../../../errors.ts';
import { authenticatePerson } from '../../../../identity/console/sign-in.ts';
import { formatHost } from '../../../../net/host.ts';
import { resolveRealm } from '../../../../realm/resolve-realm.ts';
import { Secret } from '../../../../secret.ts';
import { requireNoOtherSite } from '../../writes/cross-site.ts';
import { endedCookie, resumeSession, sessionCookie } from '../../entry/console-cookie.ts';
import { meSchema } from '../people/me.ts';
import { created, defineRoute, noContent, ok, type Call, type Caller, type Route } from '../../route.ts';
import { nameText, passwordText } from '../../text.ts';
import { sessionSchema } from './schemas.ts';

const credentialsSchema = z.strictObject({ name: nameText, password: passwordText });
type SignIn = Call<unknown, unknown, z.infer<typeof credentialsSchema>, Caller | undefined>;

export const session: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/session',
    tag: 'Session',
    summary: 'Show who is signed in to the web console in this browser',
    access: 'anyone',
    answers: {
      200: z.object({
        id: z
          .string()
          .nullable()
          .meta({ description: 'The id of the session; `null` if no one is signed in' }),
        me: meSchema.nullable().meta({ description: '`null` if no one is signed in' }),
      }),
    },
    // Answers 200 also without a session, because a browser writes each answer with 401 to its own console as an error.
    handle: async ({ api, context, headers }) => {
      const found = await resumeSession(headers, context, api.entry.signIns);
      if (found === undefined) return ok({ id: null, me: null });
      const me = await describeCaller(api.store, found.subject, api.config.htpasswdRole);
      return ok({ id: found.session.id, me });
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/session',
    tag: 'Session',
    summary: 'Sign in to the web console',
    access: 'anyone',
    body: credentialsSchema,
    answers: { 201: sessionSchema },
    errors: ['wrong_credentials', 'too_many_attempts', 'busy', 'cross_site'],
    handle: async (call) => {
      requireNoOtherSite(call.headers);
      const subject = await authenticateOrRecord(call);
      const { api, context, headers } = call;
      const { address, client } = context;
      const store = withActor(api.store, { address, client: `console: ${subject.name}` });
      // The cookie of an earlier session is never used again, and its session ends.
      const former = await resumeSession(headers, context, api.entry.signIns);
      if (former !== undefined) await endConsoleSession(store, api.clock, former.session);
      const begun = await beginConsoleSession(store, api.clock, {
        user: subject.name,
        credential: await api.entry.signIns.credentialOf(subject),
        host: formatHost(context.host),
        browser: client,
        address,
      });
      const shown = { ...begun.session, kind: 'console', client, expiresAt: null } as const;
      const view = sessionView(toSession(shown, api.config.tokens.refresh));
      return created(`/sessions/${view.id}`, view, { 'Set-Cookie': sessionCookie(begun.secret) });
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: '/session',
    tag: 'Session',
    summary: 'Sign out of the web console',
    access: 'signed in',
    answers: { 204: null },
    errors: ['no_such_session'],
    handle: async ({ api, context, headers }) => {
      const found = await resumeSession(headers, context, api.entry.signIns);
      if (found === undefined)
        throw new DockpassError(
          'no_such_session',
          'this request has no session of the console. To end another session, use DELETE /sessions/{id}.',
        );
      await endConsoleSession(api.store, api.clock, found.session);
      return noContent({ 'Set-Cookie': endedCookie });
    },
  }),
];

/** Checks the password. A denied login is recorded in the audit log, as at the token endpoint. */
async function authenticateOrRecord({ body, context, api }: SignIn) {
  const { issuer } = api.state;
  const credentials = { kind: 'password', name: body.name, password: new Secret(body.password) } as const;
  const realm = resolveRealm(context.host, issuer.realms);
  try {
    return await authenticatePerson(credentials, context, realm, issuer);
  } catch (error) {
    const { address, client } = context;
    issuer.record.denied({ address, client, credentials, scopes: [] }, realm, error);
    throw error;
  }
}
