import { z } from 'zod';
import { createFirstAdministrator, requireSetupCode } from '../../../../admin/entry/setup.ts';
import { withActor } from '../../../../admin/people/actor.ts';
import { DockpassError } from '../../../../errors.ts';
import { noCredentials } from '../../../../identity/credentials.ts';
import { resolveRealm } from '../../../../realm/resolve-realm.ts';
import { Secret } from '../../../../secret.ts';
import { requireNoOtherSite } from '../../writes/cross-site.ts';
import { created, defineRoute, type Call, type Caller, type Route } from '../../route.ts';
import { nameText, passwordText } from '../../text.ts';

const setupSchema = z.strictObject({
  code: z
    .string()
    .min(1)
    .max(200)
    .meta({ description: 'The part after `#` of the link that dockpass prints at its start' }),
  name: nameText,
  password: passwordText,
});
type Setup = Call<unknown, unknown, z.infer<typeof setupSchema>, Caller | undefined>;

/** The account of setup attempts in the throttle. No user has a name with a space. */
const throttledAccount = ' setup';

export const setup: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: '/setup',
    tag: 'Setup',
    summary: 'Create the first administrator with the one-time link',
    access: 'anyone',
    body: setupSchema,
    answers: { 201: z.object({ name: z.string(), role: z.literal('admin') }) },
    errors: ['forbidden', 'bad_name', 'bad_password', 'already_exists', 'too_many_attempts', 'cross_site'],
    handle: async (call) => {
      requireNoOtherSite(call.headers);
      await requireCodeWithinLimits(call);
      const { api, body, context } = call;
      const store = withActor(api.store, { address: context.address, client: 'console: setup link' });
      const name = await createFirstAdministrator(store, api.clock, {
        code: new Secret(body.code),
        name: body.name,
        password: new Secret(body.password),
        minLength: api.config.passwords.minLength,
        htpasswd: api.config.htpasswd,
      });
      return created(`/users/${encodeURIComponent(name)}`, { name, role: 'admin' });
    },
  }),
];

/** Checks the code. Wrong codes count like wrong passwords, and are recorded in the audit log. */
async function requireCodeWithinLimits({ body, context, api }: Setup): Promise<void> {
  const code = new Secret(body.code);
  const { address, client } = context;
  const attempt = { name: throttledAccount, password: code, address, unlockedAt: null, accountExists: true };
  const check = () =>
    requireSetupCode(api.store, api.clock, code, api.config.htpasswd).then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof DockpassError && error.code === 'forbidden') return error;
        throw error;
      },
    );
  const { issuer } = api.state;
  try {
    const denied = await api.entry.throttle.attempt(attempt, check, (verdict) => verdict === undefined);
    if (denied !== undefined) throw denied;
  } catch (error) {
    const realm = resolveRealm(context.host, issuer.realms);
    issuer.record.denied({ address, client, credentials: noCredentials, scopes: [] }, realm, error);
    throw error;
  }
}
