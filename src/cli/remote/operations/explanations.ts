import type { ExplainedEvent } from '../../../explain/explain-events.ts';
import type { Explanation } from '../../../explain/explain.ts';
import { parseHost } from '../../../net/host.ts';
import type { Explanations } from '../../administration/observation.ts';
import { say } from '../../output.ts';
import { pathOf, type ApiClient } from '../api-client.ts';

/** Explanations of the server, through the administration API. */
export function remoteExplanations(api: ApiClient): Explanations {
  return {
    request: async (question) => {
      parseHost(question.host);
      const sent = { ...question, jwt: question.jwt?.reveal() };
      const { body } = await api.send('POST', '/explain', { body: sent, isChange: false });
      say(`using the settings of the running server (${api.origin})`);
      return body.value as unknown as Explanation;
    },
    events: async (id) =>
      (await api.get(pathOf('explain', id)))
        .objects('items')
        .map(({ value }) => value as unknown as ExplainedEvent),
  };
}
