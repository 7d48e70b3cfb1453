import type { IncomingMessage, ServerResponse } from 'node:http';
import { issueToken } from '../../issue-token.ts';
import type { Log } from '../../observe/log.ts';
import { writeError } from '../error-response.ts';
import { recordDenial } from '../record-denial.ts';
import { readContext } from '../request-context.ts';
import type { CurrentServing } from '../serving.ts';
import { readTokenRequest } from './token-request.ts';
import { writeToken } from './token-response.ts';

/** A request listener of node:http, and as such also a handler of express. It always answers, and never throws. */
export type Endpoint = (request: IncomingMessage, response: ServerResponse) => void;

/** `GET` and `POST /auth/token`: the hot path. */
export function tokenEndpoint(serving: CurrentServing, log: Log): Endpoint {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const { issuer, trusted } = serving();
      const tokenRequest = await readTokenRequest(request, readContext(request, trusted));
      const { token, refreshToken } = await issueToken(tokenRequest, issuer);
      writeToken(response, token, refreshToken);
    } catch (error) {
      writeError(request, response, recordDenial(request, error, serving().issuer.record), log);
    }
  };
  return (request, response) => void answer(request, response);
}
