import { z } from 'zod';
import { generatePassword } from '../../identity/password/password-rules.ts';
import { Secret } from '../../secret.ts';
import { passwordText } from './text.ts';

/** The members with which a request sets a password. Exactly one of them is required, see `requireOnePassword`. */
export const newPasswordMembers = {
  password: passwordText.optional(),
  generate: z
    .literal(true)
    .optional()
    .meta({ description: 'Generate a password. The answer shows it once, in `secret`' }),
};

interface NewPasswordMembers {
  readonly password?: string | undefined;
  readonly generate?: true | undefined;
}

/** Rejects a body with both `password` and `generate`, or with none of them. Use it with `superRefine`. */
export function requireOnePassword(body: NewPasswordMembers, context: z.RefinementCtx): void {
  if ((body.password === undefined) !== (body.generate === undefined)) return;
  context.addIssue({
    code: 'custom',
    path: ['password'],
    message: 'exactly one of password and generate is required',
  });
}

/** Returns the new password, and the member `secret` of the answer if the password was generated. */
export function newPasswordOf(
  { password }: NewPasswordMembers,
  minLength: number,
): { password: Secret; shown: { readonly secret?: string } } {
  if (password !== undefined) return { password: new Secret(password), shown: {} };
  const generated = generatePassword(minLength);
  return { password: generated, shown: { secret: generated.reveal() } };
}
