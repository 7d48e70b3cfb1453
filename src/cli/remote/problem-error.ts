import {
  apiErrorCodes,
  DockpassError,
  operatorErrorCodes,
  requestErrorCodes,
  type ErrorCode,
} from '../../errors.ts';
import type { HttpAnswer } from './connection.ts';

const codes: readonly string[] = [...requestErrorCodes, ...operatorErrorCodes, ...apiErrorCodes];

/** The members of a problem document (RFC 9457) that a command shows. */
export interface Problem {
  readonly code: ErrorCode;
  readonly detail: string;
  /** Sentences that say which parts of the request are wrong. */
  readonly faults: readonly string[];
}

/** Reads a problem document. Returns undefined if the answer is another one, so that another server sent it. */
export function readProblem({ headers, body }: HttpAnswer): Problem | undefined {
  if (!/^application\/problem\+json\b/i.test(headers['content-type'] ?? '')) return undefined;
  const value = parse(body);
  if (typeof value !== 'object' || value === null) return undefined;
  const { code, detail, errors } = value as { code?: unknown; detail?: unknown; errors?: unknown };
  if (typeof detail !== 'string') return undefined;
  const known = codes.find((each) => each === code) as ErrorCode | undefined;
  return { code: known ?? 'internal', detail, faults: Array.isArray(errors) ? errors.flatMap(faultOf) : [] };
}

function faultOf(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return [];
  const { pointer, detail } = error as { pointer?: unknown; detail?: unknown };
  return typeof detail === 'string' ? [`${typeof pointer === 'string' ? pointer : ''}: ${detail}`] : [];
}

/** Converts a problem into the error that the command prints. It has the same text as on the server. */
export function problemError({ code, detail, faults }: Problem): DockpassError {
  return new DockpassError(code, [detail, ...faults].join('\n'));
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
