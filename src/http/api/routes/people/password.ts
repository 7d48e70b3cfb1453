import { z } from 'zod';
import { requireOwnPassword } from '../../../../admin/people/own-password.ts';
import { noSuchUser, setPassword, unlockUser } from '../../../../admin/users.ts';
import { generatePassword } from '../../../../identity/password/password-rules.ts';
import { toCanonicalName } from '../../../../identity/user-name.ts';
import { resolveRealm } from '../../../../realm/resolve-realm.ts';
import { Secret } from '../../../../secret.ts';
import { InvalidInput } from '../../input/invalid-input.ts';
import { defineRoute, noContent, ok, type Call, type Route } from '../../route.ts';
import { passwordSchema } from '../entry/schemas.ts';

const newPasswordSchema = z
  .strictObject({
    current: passwordSchema
      .optional()
      .meta({ description: 'Your own password, if you are no administrator' }),
    password: passwordSchema.optional(),
    generate: z.literal(true).optional(),
  })
  .refine(
    ({ password, generate }) => (password === undefined) !== (generate === undefined),
    'give exactly one of "password" and "generate"',
  );

export const password: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: '/users/{name}/password',
    tag: 'Users',
    summary: 'Set a password. All sessions of the user end',
    access: 'user',
    body: newPasswordSchema,
    answers: {
      200: z.object({
        name: z.string(),
        secret: z.string().optional().meta({ description: 'The generated password, shown once' }),
      }),
    },
    errors: ['no_such_user', 'bad_password', 'forbidden', 'too_many_attempts', 'busy'],
    handle: async (call) => {
      const { params, body, caller, api } = call;
      if (caller.rank !== 'administrator') requireOwnName(call.caller.subject.name, params.name);
      if (caller.rank !== 'administrator' || body.current !== undefined) await requireCurrent(call);
      const { minLength } = api.config.passwords;
      const generated = body.password === undefined ? generatePassword(minLength) : undefined;
      const newPassword = { password: generated ?? new Secret(body.password ?? ''), minLength };
      const name = await setPassword(api.store, api.clock, params.name, newPassword);
      return ok({ name, ...(generated && { secret: generated.reveal() }) });
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: '/users/{name}/lockout',
    tag: 'Users',
    summary: 'End a lockout: earlier failed logins of the user no longer count',
    access: 'administrator',
    answers: { 204: null },
    errors: ['no_such_user'],
    handle: async ({ params, api }) => {
      await unlockUser(api.store, api.clock, params.name);
      return noContent();
    },
  }),
];

function requireOwnName(own: string, name: string): void {
  if (toCanonicalName(name) !== own) throw noSuchUser(name);
}

type PasswordCall = Call<{ name: string }, unknown, z.infer<typeof newPasswordSchema>>;

/** Checks `current`: the password of the user whose password changes. */
async function requireCurrent({ params, body: { current }, context, api }: PasswordCall): Promise<void> {
  if (current === undefined)
    throw new InvalidInput([
      { in: 'body', pointer: '/current', detail: 'this member is missing: give your current password' },
    ]);
  const { issuer } = api.state;
  const realm = resolveRealm(context.host, issuer.realms);
  await requireOwnPassword({ name: params.name, password: new Secret(current) }, context, realm, issuer);
}
