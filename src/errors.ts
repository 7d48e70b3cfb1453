/**
 * The codes of errors that a client can receive. Codes never change, because logs and audit rows contain them and
 * docs/errors.md explains them. http/error-response.ts defines the HTTP status of each code. cli/cli.ts defines the
 * exit statuses.
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
  'invalid_target',
  'invalid_subject_token',
  'login_required',
  'wrong_credentials',
  'jwt_rejected',
  'forbidden',
  'immutable_tag',
  'not_found',
  'method_not_allowed',
  'body_too_large',
  'unsupported_media_type',
  'too_many_attempts',
  'busy',
  'unavailable',
  'internal',
] as const;

/** The codes of errors that only an administrator sees, from a command or in the log. */
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
  'no_such_trust_rule',
  'rule_in_file',
  'nothing_to_confirm',
  'key_files',
  'key_secret',
  'clock_implausible',
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
  'list_incomplete',
  'no_such_plan',
  'plan_used',
  'plan_outdated',
  'retention_busy',
  'retention_stopped',
  'pushes_go_on',
  'gc_running',
  'gc_by_hand',
  'not_confirmed',
  'server_unreachable',
  'server_certificate',
  'server_version',
  'not_logged_in',
  'login_store',
] as const;

/** The codes of errors that only clients of the administration API receive. */
export const apiErrorCodes = [
  'api_not_allowed',
  'cross_site',
  'precondition_failed',
  'idempotency_key_reused',
  'tag_has_siblings',
] as const;

export type RequestErrorCode = (typeof requestErrorCodes)[number];
export type OperatorErrorCode = (typeof operatorErrorCodes)[number];
export type ApiErrorCode = (typeof apiErrorCodes)[number];
export type ErrorCode = RequestErrorCode | OperatorErrorCode | ApiErrorCode;

/**
 * The only error that dockpass throws deliberately. `message` tells the reader what happened and what to do next. It
 * never contains a secret. `cause` is shown only in the log.
 */
export class DockpassError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'DockpassError';
  readonly code: Code;
  /** Seconds after which the client can try again; undefined if this is not known. */
  readonly retryAfter: number | undefined;
  /**
   * The id of the audit row that records the denial. `dockpass explain` accepts this id as an argument. Undefined if
   * the denial is not recorded.
   */
  readonly auditId: string | undefined;
  /**
   * Why the request was denied, for administrators. Only the audit log shows it. It never contains a secret. Undefined
   * if the code says everything.
   */
  readonly auditDetail: string | undefined;

  constructor(
    code: Code,
    message: string,
    options: {
      cause?: unknown;
      retryAfter?: number | undefined;
      auditId?: string | undefined;
      auditDetail?: string | undefined;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfter = options.retryAfter;
    this.auditId = options.auditId;
    this.auditDetail = options.auditDetail;
  }
}

const requestCodes: ReadonlySet<string> = new Set(requestErrorCodes);

/**
 * Returns true if the error may be shown to the client. `toRequestError` converts all other errors into such errors.
 */
export function isRequestError(error: unknown): error is DockpassError<RequestErrorCode> {
  return error instanceof DockpassError && requestCodes.has(error.code);
}

/**
 * The codes of errors that occur if the database is full, locked or unreachable. The same request may succeed later.
 */
const storeCodes: ReadonlySet<string> = new Set<OperatorErrorCode>(['database', 'database_busy']);

/**
 * Converts any error into one that the client may see. A database error becomes `unavailable`, and an unexpected error
 * becomes `internal`. The original error is the `cause`, which only the log shows.
 */
export function toRequestError(error: unknown): DockpassError<RequestErrorCode> {
  if (isRequestError(error)) return error;
  if (error instanceof DockpassError && storeCodes.has(error.code))
    return new DockpassError(
      'unavailable',
      'the database cannot be used right now. Try again in a few seconds.',
      { cause: error, retryAfter: 5 },
    );
  return new DockpassError(
    'internal',
    'the token server failed. Ask the administrator of the token server to check the server log.',
    { cause: error },
  );
}

/**
 * Imports a module that is loaded only when a request needs it. This fails after a newer version of dockpass has
 * replaced the files of a running server. The request is then answered with 503, and the next request tries again.
 * @throws DockpassError `unavailable`
 */
export async function importLate<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    throw new DockpassError(
      'unavailable',
      'a file of the token server cannot be loaded. If dockpass was updated, restart the token server.',
      { cause },
    );
  }
}

/** Like `toRequestError`, but also adds the id of the audit row to the error and to its message. */
export function withAuditId(error: unknown, auditId: string): DockpassError<RequestErrorCode> {
  const { code, message, cause, retryAfter, auditDetail } = toRequestError(error);
  const options = { cause, retryAfter, auditId, auditDetail };
  return new DockpassError(code, `${message} (refusal ${auditId})`, options);
}

/** Returns the message of an error, or converts any other thrown value to text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
