import { z } from 'zod';
import { requireOwnPassword } from '../../../../admin/people/own-password.ts';
import { findUser, noSuchUser, setPassword } from '../../../../admin/users.ts';
import { toCanonicalName } from '../../../../identity/user-name.ts';
import { resolveRealm } from '../../../../realm/resolve-realm.ts';
import { Secret } from '../../../../secret.ts';
import { InvalidInput } from '../../input/invalid-input.ts';
import { newPasswordMembers, newPasswordOf, requireOnePassword } from '../../new-password.ts';
import { defineRoute, ok, type Call, type Route } from '../../route.ts';
import { passwordText } from '../../text.ts';
import { secretSchema } from './schemas.ts';

const newPasswordSchema = z
  .strictObject({
    current: passwordText.optional().meta({ description: 'Your own password, if you are no administrator' }),
    ...newPasswordMembers,
  })
  .superRefine(requireOnePassword);

export const password: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: '/users/{name}/password',
    tag: 'Users',
    summary: 'Set a password. All sessions of the user end',
    access: 'user',
    body: newPasswordSchema,
    etagOf: '/users/{name}',
    answers: {
      200: z.object({
        name: z.string(),
        secret: secretSchema.optional(),
      }),
    },
    errors: ['no_such_user', 'bad_password', 'forbidden', 'too_many_attempts', 'busy'],
    handle: async (call) => {
      const { params, body, caller, api } = call;
      if (caller.rank !== 'administrator') requireOwnName(caller.subject.name, params.name);
      await findUser(api.store, params.name);
      if (caller.rank !== 'administrator' || body.current !== undefined) await requireCurrent(call);
      const { minLength } = api.config.passwords;
      const { password, shown } = newPasswordOf(body, minLength);
      const name = await setPassword(api.store, api.clock, params.name, { password, minLength });
      return ok({ name, ...shown });
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
