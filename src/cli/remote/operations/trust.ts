import type { JwtTest } from '../../../admin/trust/test-jwt.ts';
import type { TrustRuleView } from '../../../admin/views/trust-view.ts';
import { toCanonicalName } from '../../../identity/user-name.ts';
import { parseHost } from '../../../net/host.ts';
import type { TrustOperations } from '../../administration/trust.ts';
import { pathOf, type ApiClient } from '../api-client.ts';
import type { Fields } from '../fields.ts';

/** The operations on trust rules, through the administration API. */
export function remoteTrust(api: ApiClient): TrustOperations {
  return {
    list: async () => (await api.list('/trust')).map(viewOf),
    find: async (text) => viewOf(await api.get(pathOf('trust', text))),
    add: async ({ name, definition, pins }) => {
      const body = { name, ...definition, ...(pins.length > 0 && { pin: pins }) };
      return viewOf((await api.send('POST', '/trust', { body })).body);
    },
    confirm: async (text) => viewOf((await api.send('POST', pathOf('trust', text, 'confirm'))).body),
    remove: async (text) => {
      await api.send('DELETE', pathOf('trust', text));
      return toCanonicalName(text);
    },
    test: async (jwt, host) => {
      if (host !== undefined) parseHost(host);
      const body = { jwt: jwt.reveal(), ...(host !== undefined && { host }) };
      return (await api.send('POST', '/trust/test', { body, isChange: false })).body
        .value as unknown as JwtTest;
    },
  };
}

function viewOf(rule: Fields): TrustRuleView {
  // Check what the commands read, and keep the other members as they are.
  rule.text('name');
  rule.texts('audience');
  rule.texts('only');
  rule.texts('pin');
  rule.texts('warnings');
  return rule.value as unknown as TrustRuleView;
}
