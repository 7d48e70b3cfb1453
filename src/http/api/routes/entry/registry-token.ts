import { z } from 'zod';
import type { Config } from '../../../../config/load.ts';
import { DockpassError } from '../../../../errors.ts';
import { issueSignedInToken } from '../../../../issue-token.ts';
import { createSigner, type Signer } from '../../../../token/sign.ts';
import { formatScope } from '../../../../scope/scope.ts';
import { defineRoute, ok, type Api, type Route } from '../../route.ts';

/** The lifetime of a registry token for the console, in seconds. */
const lifetime = 5 * 60;

export const registryToken: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: '/session/registry-token',
    tag: 'Session',
    summary: 'Issue a registry token of 5 minutes to the console',
    access: 'signed in',
    body: z.strictObject({
      scopes: z
        .array(z.string().min(1).max(1000))
        .max(50)
        .meta({ description: 'Scopes such as `repository:team/app:pull`' }),
    }),
    answers: {
      200: z.object({
        token: z.string(),
        expiresIn: z.number().meta({ description: 'Seconds' }),
        granted: z.array(z.string()).meta({ description: 'The scopes with the granted actions' }),
      }),
    },
    errors: ['bad_scope', 'forbidden'],
    handle: async ({ caller, body: { scopes }, context, api }) => {
      if (caller.through !== 'console' || caller.subject.kind !== 'user')
        throw new DockpassError(
          'forbidden',
          'only the console gets registry tokens here. Other clients request them at /auth/token.',
        );
      const { token, grants } = await issueSignedInToken(
        caller.subject,
        { host: context.host, address: context.address, client: 'console', scopes },
        { ...api.state.issuer, sign: signerOf(api) },
      );
      const granted = grants
        .filter(({ actions }) => actions.length > 0)
        .map(({ scope, actions }) => formatScope({ ...scope, actions }));
      return ok({ token: token.jwt, expiresIn: lifetime, granted });
    },
  }),
];

/** A reload of the configuration creates another object, so each configuration gets a signer of its own. */
const signers = new WeakMap<Config, Signer>();

function signerOf({ config, keys, clock }: Api): Signer {
  let signer = signers.get(config);
  if (signer === undefined) {
    const { issuer, service } = config;
    signer = createSigner(keys, { issuer, service, pullLifetime: lifetime, pushLifetime: lifetime }, clock);
    signers.set(config, signer);
  }
  return signer;
}
