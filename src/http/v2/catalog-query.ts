/** The query of a request for the list of repositories. */
export interface PageQuery {
  /** The requested number of repositories. Undefined if the query names something that is not a number of them. */
  readonly n: number | undefined;
  /** The parameter `n` as the client sent it. */
  readonly written: string;
  /** The list begins after this name. The name need not exist. */
  readonly last: string | undefined;
}

/** The number of repositories on a page if the client names none (distribution, registry/handlers/catalog.go). */
const defaultPage = 100;
/** The largest number that the registry can read. */
const maxNumber = 2n ** 63n - 1n;

/** Reads `n` and `last` as distribution 3 does. An empty value counts as none. */
export function readPageQuery(query: string): PageQuery {
  const parameters = new URLSearchParams(query);
  const written = parameters.get('n') ?? '';
  return { n: readNumber(written), written, last: parameters.get('last') || undefined };
}

function readNumber(written: string): number | undefined {
  if (written === '') return defaultPage;
  if (!/^[+-]?\d+$/.test(written)) return undefined;
  const number = BigInt(written.replace(/^\+/, ''));
  return number < 0n || number > maxNumber ? undefined : Number(number);
}

/** Returns the body of the answer to a wrong `n`, as distribution 3 sends it. */
export function badPageSize(written: string): unknown {
  return {
    errors: [
      {
        code: 'PAGINATION_NUMBER_INVALID',
        message: 'invalid number of results requested',
        detail: { n: /^\d{1,15}$/.test(written) ? Number(written) : written.slice(0, 100) },
      },
    ],
  };
}

/** Returns the value of the Link header (RFC 8288). It has no host, so it leads to the host of the request. */
export function linkToNext(last: string, n: number): string {
  return `</v2/_catalog?last=${encodeURIComponent(last)}&n=${n}>; rel="next"`;
}
