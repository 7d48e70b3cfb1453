import type { Asker } from '../../../../admin/images/access.ts';
import { resolveRealm } from '../../../../realm/resolve-realm.ts';
import type { Api, Caller } from '../../route.ts';
import type { RequestContext } from '../../../request-context.ts';

interface AskingCall {
  readonly caller: Caller;
  readonly context: RequestContext;
  readonly api: Api;
}

/** Returns the caller as `decide` needs it: the same subject, domain and address as in a request for a token. */
export function askerOf({ caller, context, api }: AskingCall): Asker {
  const { policy, realms } = api.state.issuer;
  const { address, host } = context;
  return { subject: caller.subject, realm: resolveRealm(host, realms), policy, address };
}
