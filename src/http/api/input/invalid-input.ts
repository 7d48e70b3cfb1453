import { DockpassError } from '../../../errors.ts';

/** One problem in a request. `pointer` is a JSON pointer (RFC 6901) to the member in this part of the request. */
export interface InputFault {
  readonly in: 'body' | 'query' | 'path' | 'header';
  readonly pointer: string;
  readonly detail: string;
}

/** The request does not match the schemas of the route. The answer names each fault. */
export class InvalidInput extends DockpassError<'bad_request'> {
  readonly faults: readonly InputFault[];

  constructor(faults: readonly InputFault[]) {
    const [first] = faults;
    const more = faults.length > 1 ? ` There are ${faults.length - 1} more problems.` : '';
    super(
      'bad_request',
      first === undefined
        ? 'the request is invalid. Send what the OpenAPI document describes.'
        : `the ${first.in} is invalid${first.pointer === '' ? '' : ` at ${first.pointer}`}: ${first.detail}.${more}`,
    );
    this.faults = faults;
  }
}

/** Converts the path of a member to a JSON pointer (RFC 6901 section 3). */
export function toPointer(path: readonly PropertyKey[]): string {
  return path
    .map((part) => `/${String(part).slice(0, 80).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}
