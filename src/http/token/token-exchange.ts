import { DockpassError } from '../../errors.ts';
import type { SubjectTokenCredentials } from '../../identity/credentials.ts';
import { looksLikeJwt } from '../../identity/token/jwt-form.ts';
import { formatHost, type Host } from '../../net/host.ts';
import type { Grant } from '../../policy/decide.ts';
import { formatScope } from '../../scope/scope.ts';
import { Secret } from '../../secret.ts';
import { singleParameter } from './token-parameters.ts';

/** The grant type of a token exchange (RFC 8693 section 2.1). */
export const exchangeGrantType = 'urn:ietf:params:oauth:grant-type:token-exchange';

const tokenType = (name: string): string => `urn:ietf:params:oauth:token-type:${name}`;
const subjectTokenTypes = [tokenType('jwt'), tokenType('id_token')];
const issuedTokenType = tokenType('access_token');

/**
 * Reads the JWT of a token exchange from a form (RFC 8693 section 2.1). The parameters that other grant types have too,
 * such as `scope` and `service`, are read elsewhere.
 * @throws DockpassError `bad_request`, `invalid_subject_token`, `invalid_target`
 */
export function readSubjectToken(form: URLSearchParams, host: Host): SubjectTokenCredentials {
  for (const name of ['actor_token', 'actor_token_type'])
    if (form.has(name))
      throw invalid(`the parameter ${name} is not supported. Leave it out: a job can act only for itself.`);
  const requestedType = singleParameter(form, 'requested_token_type');
  if (requestedType !== undefined && requestedType !== issuedTokenType)
    throw invalid(`requested_token_type is not supported. Leave it out, or send ${issuedTokenType}.`);
  const type = singleParameter(form, 'subject_token_type');
  if (type === undefined || !subjectTokenTypes.includes(type))
    throw invalid(`subject_token_type is missing or not supported. Send ${subjectTokenTypes.join(' or ')}.`);
  const token = singleParameter(form, 'subject_token');
  if (token === undefined)
    throw invalid('the form has no subject_token. Send the JWT of the job in this parameter.');
  requireTarget(form, host);
  if (looksLikeJwt(token)) return { kind: 'subject token', token: new Secret(token) };
  throw new DockpassError(
    'invalid_subject_token',
    'subject_token is not a JWT. Send the JWT that the CI platform or the cluster has issued to the job.',
  );
}

/**
 * Checks the target of the exchange: dockpass issues tokens only for the registry at the host of the request. These
 * parameters say nothing about the audience of the JWT, which only trust rules decide.
 */
function requireTarget(form: URLSearchParams, host: Host): void {
  const names = [host.name, formatHost(host)];
  const accepted = [...names, ...names.map((name) => `https://${name}`), form.get('service')];
  const isOther = (target: string): boolean => !accepted.includes(target.replace(/\/$/, ''));
  if (![...form.getAll('audience'), ...form.getAll('resource')].some(isOther)) return;
  throw new DockpassError(
    'invalid_target',
    `tokens are issued only for the registry at ${formatHost(host)}. Leave out the parameters audience and resource, or send this host.`,
  );
}

function invalid(message: string): DockpassError {
  return new DockpassError('bad_request', message);
}

/**
 * Returns the members that a successful answer has in addition (RFC 8693 section 2.2.1), as JSON text that begins with
 * a comma. `scope` contains what was granted, which can be less than what was requested.
 */
export function formatExchangeMembers(grants: readonly Grant[]): string {
  const scope = grants
    .filter(({ actions }) => actions.length > 0)
    .map(({ scope: requested, actions }) => formatScope({ ...requested, actions }))
    .join(' ');
  const members = { issued_token_type: issuedTokenType, token_type: 'Bearer', scope };
  return `,${JSON.stringify(members).slice(1, -1)}`;
}
