import { sortUsage, type UsageView } from '../../../usage/read-usage.ts';
import type { UsageEventView } from '../../../usage/read-events.ts';
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
    events: async ({ since, ...query }, limit) => {
      const from = since === undefined ? undefined : new Date(since).toISOString();
      const views: UsageEventView[] = [];
      for await (const page of api.pages('/usage/events', { ...query, since: from })) {
        views.push(...page.objects('items').map(eventOf));
        if (views.length >= limit) break;
      }
      return views.slice(0, limit);
    },
  };
}

function eventOf(item: Fields): UsageEventView {
  const token = item.objectOrNull('token');
  return {
    name: item.text('name'),
    time: item.text('time'),
    action: item.word('action'),
    repository: item.text('repository'),
    tag: item.textOrNull('tag'),
    digest: item.textOrNull('digest'),
    user: item.textOrNull('user'),
    domain: item.word('domain'),
    host: item.text('host'),
    address: item.text('address'),
    client: item.text('client'),
    token: token && {
      auditId: token.text('auditId'),
      id: token.textOrNull('id'),
      issuedAt: token.text('issuedAt'),
      address: token.text('address'),
      accessToken: token.textOrNull('accessToken'),
      job: token.textOrNull('job'),
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
