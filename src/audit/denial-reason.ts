import { requestErrorCodes, type RequestErrorCode } from '../errors.ts';

/** The `reason` of an audit event for a denied request: the error code, and sometimes a detail after a colon. */
export interface DenialReason {
  readonly code: RequestErrorCode;
  readonly detail: string | undefined;
}

/** Formats the reason, for example `jwt_rejected: expired: The JWT has expired.` */
export function formatDenialReason(code: RequestErrorCode, detail: string | undefined): string {
  return detail === undefined ? code : `${code}: ${detail}`;
}

/** Parses the reason of a denied request. Returns undefined if this version does not know the code. */
export function parseDenialReason(reason: string): DenialReason | undefined {
  const [, name = '', detail] = /^(\w+)(?:: (.*))?$/s.exec(reason) ?? [];
  const code = requestErrorCodes.find((known) => known === name);
  return code === undefined ? undefined : { code, detail };
}
