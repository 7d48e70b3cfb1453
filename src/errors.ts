/**
 * Every way in which dockpass says no. The codes are stable: they stand in logs, in audit rows and in docs/errors.md.
 * HTTP statuses are not known here (see http/error-response.ts), nor are exit statuses (see cli/cli.ts).
 */
export const requestErrorCodes = [
  'bad_request',
  'bad_host',
  'bad_scope',
  'wrong_service',
  'wrong_account',
  'unsupported_grant_type',
  'unsupported_token_type',
  'invalid_grant',
  'login_required',
  'wrong_credentials',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'body_too_large',
  'unsupported_media_type',
  'too_many_attempts',
  'busy',
  'unavailable',
  'internal',
] as const;

export const operatorErrorCodes = [
  'bad_configuration',
  'bad_usage',
  'bad_name',
  'bad_password',
  'already_exists',
  'no_such_user',
  'no_such_token',
  'no_such_robot',
  'bad_htpasswd',
  'no_such_group',
  'no_such_grant',
  'no_such_event',
  'audit_broken',
  'no_such_session',
  'key_files',
  'key_secret',
  'data_directory',
  'database',
  'database_busy',
  'port_in_use',
  'missing_part',
  'part_failed',
  'registry_refused',
  'registry_unreachable',
  'no_such_image',
  'deletion_is_off',
  'not_confirmed',
] as const;

export type RequestErrorCode = (typeof requestErrorCodes)[number];
export type OperatorErrorCode = (typeof operatorErrorCodes)[number];
export type ErrorCode = RequestErrorCode | OperatorErrorCode;

/**
 * The one error that dockpass throws on purpose. `message` is written for the person who meets it and says what to
 * do next; it never holds a secret. `cause` is for the log alone.
 */
export class DockpassError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'DockpassError';
  readonly code: Code;
  /** Seconds after which trying again makes sense, where that is known. */
  readonly retryAfter: number | undefined;
  /** By which `dockpass explain` finds this refusal in the audit log; undefined where it is not there. */
  readonly auditId: string | undefined;

  constructor(
    code: Code,
    message: string,
    options: { cause?: unknown; retryAfter?: number | undefined; auditId?: string | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfter = options.retryAfter;
    this.auditId = options.auditId;
  }
}

const requestCodes: ReadonlySet<string> = new Set(requestErrorCodes);

/** Is this a refusal that may be shown to whoever sent the request? Anything else becomes `internal`. */
export function isRequestError(error: unknown): error is DockpassError<RequestErrorCode> {
  return error instanceof DockpassError && requestCodes.has(error.code);
}

/** What a database says that is full, held or gone: the request may work later. */
const storeCodes: ReadonlySet<string> = new Set<OperatorErrorCode>(['database', 'database_busy']);

/**
 * The error as whoever sent the request may see it. What the database could not do becomes `unavailable`, and what is
 * no refusal of ours `internal`; the cause of both is for the log.
 */
export function toRequestError(error: unknown): DockpassError<RequestErrorCode> {
  if (isRequestError(error)) return error;
  if (error instanceof DockpassError && storeCodes.has(error.code))
    return new DockpassError(
      'unavailable',
      'the database cannot be used right now; try again in a few seconds',
      { cause: error, retryAfter: 5 },
    );
  return new DockpassError('internal', 'the token server failed; its log says why', { cause: error });
}

/** The same, with the id that it was recorded under. */
export function withAuditId(error: unknown, auditId: string): DockpassError<RequestErrorCode> {
  const { code, message, cause, retryAfter } = toRequestError(error);
  return new DockpassError(code, `${message} (refusal ${auditId})`, { cause, retryAfter, auditId });
}

/** One line about any thrown value, for logs and terminals. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
