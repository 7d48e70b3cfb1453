import { sortUsage, type UsageView } from '../../../usage/read-usage.ts';
import type { UsageOperations } from '../../administration/observation.ts';
import type { ApiClient } from '../api-client.ts';
import type { Fields } from '../fields.ts';

/** Reads the usage of images through the administration API. */
export function remoteUsage(api: ApiClient): UsageOperations {
  return {
    read: async ({ since, ...query }) => {
      const from = since === undefined ? undefined : new Date(since).toISOString();
      return sortUsage((await api.list('/usage', { ...query, since: from })).map(viewOf), query);
    },
  };
}

function viewOf(item: Fields): UsageView {
  return {
    name: item.text('name'),
    repository: item.text('repository'),
    tag: item.textOrNull('tag'),
    digest: item.textOrNull('digest'),
    pulls: item.number('pulls'),
    lastPulledAt: item.textOrNull('lastPulledAt'),
    lastPulledBy: item.textOrNull('lastPulledBy'),
    pushes: item.number('pushes'),
    lastPushedAt: item.textOrNull('lastPushedAt'),
    lastPushedBy: item.textOrNull('lastPushedBy'),
    domain: item.word('domain'),
  };
}
