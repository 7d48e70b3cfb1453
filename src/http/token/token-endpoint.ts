import type { IncomingMessage, ServerResponse } from 'node:http';
import { issueToken } from '../../issue-token.ts';
import type { Log } from '../../observe/log.ts';
import { answerFailure, type Endpoint } from '../endpoint.ts';
import { writeError } from '../error-response.ts';
import { toRecordedDenial } from '../record-denial.ts';
import { readContext } from '../request-context.ts';
import type { CurrentState } from '../server-state.ts';
import { formatExchangeMembers } from './token-exchange.ts';
import { readTokenRequest } from './token-request.ts';
import { writeToken } from './token-response.ts';

/**
 * Handles `GET` and `POST /auth/token`: reads the request, issues the token and writes the response. Most requests that
 * a server receives are for this endpoint, so measure the speed with `npm run bench` if you change its code.
 */
export function tokenEndpoint(currentState: CurrentState, log: Log): Endpoint {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const state = currentState();
    try {
      const context = readContext(request, state);
      const tokenRequest = await readTokenRequest(request, context, state.parsers.tokenQuery);
      const { token, refreshToken, grants } = await issueToken(tokenRequest, state.issuer);
      const isExchange = tokenRequest.credentials.kind === 'subject token';
      writeToken(response, token, refreshToken, isExchange ? formatExchangeMembers(grants) : undefined);
    } catch (error) {
      answerFailure(response, log, () =>
        writeError(request, response, toRecordedDenial(request, error, state.issuer.record), log),
      );
    }
  };
  return (request, response) => void answer(request, response);
}
