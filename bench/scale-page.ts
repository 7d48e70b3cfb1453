import { capacityCases, heldTo, processCounts, type CapacityCase, type ProcessCount } from './capacity.ts';
import { operationNames } from './database-costs.ts';
import type { Figures } from './figures.ts';
import { stepNames } from './steps.ts';

// Renders the tables of docs/scale.md with measurements. Those with results of the simulation are in scale-answers.ts.

/** The generated sections of the page, by the name in their begin marker. */
export type Pieces = Readonly<Record<string, string>>;

/** Replaces the sections between the markers of the page. @throws if a section has no marker, or a marker no section */
export function withPieces(page: string, pieces: Pieces): string {
  const missing = new Set(Object.keys(pieces));
  const written = page.replaceAll(
    /(<!-- made: (\S+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_match, begin: string, name: string, end: string) => {
      const piece = pieces[name];
      if (piece === undefined) throw new Error(`docs/scale.md has a marker for an unknown section: ${name}`);
      missing.delete(name);
      return `${begin}\n${piece}\n\n${end}`;
    },
  );
  if (missing.size > 0) throw new Error(`docs/scale.md has no marker for: ${[...missing].join(', ')}`);
  return written;
}

/** Reads the section between these markers of the page. */
export function pieceIn(page: string, name: string): string | undefined {
  const [, piece] =
    page.match(new RegExp(`<!-- made: ${name} -->\\n\\n([\\s\\S]*?)\\n\\n<!-- end -->`)) ?? [];
  return piece;
}

export function measuredPieces(figures: Figures): Pieces {
  return {
    machine: machine(figures),
    steps: steps(figures),
    database: database(figures),
    model: model(figures),
    processes: processes(figures),
  };
}

function machine({ machine: { node, cores, model: cpu, postgres, loadBefore } }: Figures): string {
  const busy =
    loadBefore > 0.5
      ? ` The machine was busy (load average ${loadBefore} before the run): measure one, two and four processes again on an idle machine.`
      : '';
  return `Node ${node}, PostgreSQL ${postgres}, ${cores} × ${cpu}.${busy}`;
}

function steps(figures: Figures): string {
  return table(
    ['step', 'µs'],
    [
      ['node:http, a request and its answer', micro(figures.http)],
      ...stepNames.map((name) => [name, micro(figures.steps[name])]),
    ],
  );
}

function database({ sqlite, postgres }: Figures): string {
  return table(
    ['operation', 'SQLite, ms', 'µs', 'PostgreSQL, ms', 'µs in dockpass', 'µs in PostgreSQL'],
    operationNames.map((name) => [
      name,
      milli(sqlite[name].latency),
      micro(sqlite[name].own),
      milli(postgres[name].latency),
      micro(postgres[name].own),
      micro(postgres[name].database),
    ]),
  );
}

/** The cost of each kind of request, as the sum of its steps. */
export function modelled(name: CapacityCase, { http, steps: cost }: Figures): number {
  const read = cost['read the request and its scope'];
  const decided = http + read + cost['decide'];
  const shared = cost['share the token of this second'];
  const inMemory = cost['look the user up, in memory'];
  switch (name) {
    case 'same scope':
      return decided + shared;
    case 'every scope new':
      return decided + cost['sign a new token, ES256'];
    case 'repeated login':
      return decided + inMemory + shared;
    case 'access token':
    case 'refresh token':
      return decided + inMemory + cost['check an access token, SHA-256'] + shared;
    case 'first login':
      return decided + inMemory + cost['check a password, argon2id'] + shared;
  }
}

function model(figures: Figures): string {
  return table(
    ['request', 'sum of its steps, µs', 'measured, one process, µs', 'sum / measured', 'requests/s per core'],
    capacityCases.map((name) => {
      const { own } = figures.capacity.free[name][1];
      const sum = modelled(name, figures);
      return [name, micro(sum), micro(own), number(sum / own), count(1e6 / own)];
    }),
  );
}

function processes({ capacity: { free, held } }: Figures): string {
  const cells = (runs: Readonly<Record<ProcessCount, { readonly perSecond: number }>>): string[] => [
    ...processCounts.map((at) => count(runs[at].perSecond)),
    ...([2, 4] as const).map((at) => `${number(runs[at].perSecond / runs[1].perSecond)} ×`),
  ];
  const heading = [
    'requests/s',
    '1 process',
    '2 processes',
    '4 processes',
    'ratio 2 : 1',
    'ratio 4 : 1',
    'µs per request: 1',
    '2',
    '4',
  ];
  const tableOf = (all: typeof free): string =>
    table(
      heading,
      capacityCases.map((name) => [
        name,
        ...cells(all[name]),
        ...processCounts.map((at) => micro(all[name][at].own)),
      ]),
    );
  const heldTable =
    held === undefined ? 'Not measured: this takes root and control groups of version 1.' : tableOf(held);
  return [
    `Each process is limited to ${heldTo} of a core, so that four processes and the load generator fit on this machine:`,
    heldTable,
    'The same without a limit. wrk and the database use a part of the two cores:',
    tableOf(free),
  ].join('\n\n');
}

/** Rounds to three digits. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

export function count(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return Math.round(Number(value.toPrecision(3))).toLocaleString('en-US');
}

const micro = number;
const milli = number;

/** Aligns the first column to the left and the others to the right. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heading), line(heading.map((_, at) => (at === 0 ? '-' : '-:'))), ...rows.map(line)].join('\n');
}
