import type { Clock } from '../clock.ts';
import { ownActor } from '../events/own-actor.ts';
import type { RobotSubject } from '../policy/subject.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { Action } from '../policy/rights.ts';
import { createSigner } from '../token/sign.ts';
import type { Authorize } from '../registry/api-client.ts';

/**
 * The lifetime of each token in seconds. A shorter lifetime would be enough, but the token specification requires at
 * least 60 seconds.
 */
const lifetime = 60;

/**
 * The subject of the tokens for requests that the command line itself sends to the registry. The registry writes the
 * name of this subject to its log and to its notifications.
 */
const operator: RobotSubject = { kind: 'robot', name: ownActor, rights: [] };

/**
 * Creates a function that signs tokens for requests that dockpass itself sends to the registry. Rights are not
 * checked, because a person who can read the signing keys can sign any token. Each token contains one scope and is
 * valid for one minute.
 */
export function operatorTokens(
  keys: KeyRing,
  { issuer, service }: { issuer: string; service: string },
  clock: Clock,
): Authorize {
  const sign = createSigner(keys, { issuer, service, pullLifetime: lifetime, pushLifetime: lifetime }, clock);
  return async (scope) => {
    const actions = scope.actions as readonly Action[];
    return (await sign(operator, [{ scope, actions, reason: 'granted', deciders: [] }])).jwt;
  };
}
