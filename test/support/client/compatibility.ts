import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { repository } from '../run/environment.ts';
import { run } from '../process/run.ts';

// The results of a run of the client matrix. scripts/compatibility/render-page.ts writes them to docs/compatibility.md.

/** The operations that are tested with each client, in the order of the columns in docs/compatibility.md. */
export const operations = [
  'login',
  'push',
  'pull',
  'anonymous pull, public name',
  'push refused, public name',
  'anonymous pull refused, private name',
  'wrong password',
  'access token',
  'robot',
  'catalog',
  'delete',
] as const;
export type Operation = (typeof operations)[number];

export interface Result {
  readonly client: string;
  readonly registry: string;
  readonly edge: string;
  readonly operation: Operation;
  /**
   * `right` if the client did what is expected, `wrong` if not. `none` if the client has no such command, or cannot
   * run with this registry or edge.
   */
  readonly outcome: 'right' | 'wrong' | 'none';
  /** The output of the client, if it exited with an error. */
  readonly said?: string;
}

/** Tests of pushes and pulls beyond a single small image, in the order of the columns in docs/compatibility.md. */
export const forms = [
  'multi-architecture index',
  '100 layers',
  'layer of 1 GiB',
  'cross-repository mount',
  '20 pushes at once',
  'token of 100 scopes',
  'name and password with each request',
] as const;
export type Form = (typeof forms)[number];

export interface FormResult {
  readonly form: Form;
  readonly registry: string;
  readonly edge: string;
  readonly outcome: 'right' | 'wrong';
}

export interface Compatibility {
  /** The command that ran the tests and wrote these results. */
  readonly command: string;
  readonly full: boolean;
  /** The commit that was tested. */
  readonly commit: string;
  /** The time of the run, in ISO 8601. */
  readonly at: string;
  /** All clients that the run was meant to test. A client without an entry in `results` was not run. */
  readonly clients: readonly string[];
  readonly setups: readonly { readonly registry: string; readonly edge: string }[];
  /** The version of each client, registry and edge. The keys are their names, for example `registry 2.8`. */
  readonly versions: Readonly<Record<string, string>>;
  readonly results: readonly Result[];
}

export const compatibilityFile =
  process.env['DOCKPASS_COMPATIBILITY'] ?? join(repository, '.cache', 'compatibility.json');

/** What one client did with the JWT of a CI job as its password. */
export interface JwtResult {
  readonly client: string;
  readonly login: 'right' | 'wrong' | 'none';
  readonly push: 'right' | 'wrong';
  readonly pull: 'right' | 'wrong';
  /** Whether the client still pushes when the JWT has expired, because it has stored a refresh token instead. */
  readonly afterEnd: 'pushes' | 'denied';
  /** The output of the client when it is denied after the end of the JWT. */
  readonly said?: string;
}

export interface JwtResults {
  readonly commit: string;
  /** The time of the run, in ISO 8601. */
  readonly at: string;
  readonly registry: string;
  readonly edge: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly results: readonly JwtResult[];
}

export const jwtResultsFile = compatibilityFile.replace(/\.json$/, '-jwt.json');

export function writeJwtResults(results: JwtResults): Promise<void> {
  return writeJson(jwtResultsFile, results);
}

/** The ways in which a client pulls an image when its pulls are counted. */
export const countedPulls = ['by tag', 'of an index', 'by digest'] as const;

/** Whether each pull of one client from one registry counted as one. */
export interface CountedResult {
  readonly client: string;
  readonly registry: string;
  /** In the order of `countedPulls`. */
  readonly outcomes: readonly ('right' | 'wrong')[];
}

export interface CountedResults {
  readonly commit: string;
  /** The time of the run, in ISO 8601. */
  readonly at: string;
  readonly setups: readonly { readonly registry: string; readonly edge: string }[];
  readonly versions: Readonly<Record<string, string>>;
  readonly results: readonly CountedResult[];
}

export const countedResultsFile = compatibilityFile.replace(/\.json$/, '-counted.json');

export function writeCountedResults(results: CountedResults): Promise<void> {
  return writeJson(countedResultsFile, results);
}

/** The results of one test file. */
export interface Forms {
  readonly full: boolean;
  /** The commit that was tested. */
  readonly commit: string;
  readonly results: readonly FormResult[];
}

/** The directory with one results file for each test file that tests some of the `forms`. */
export const formsDirectory = `${compatibilityFile.replace(/\.json$/, '')}-forms`;

export function writeForms(name: string, forms: Forms): Promise<void> {
  return writeJson(join(formsDirectory, `${name}.json`), forms);
}

export async function currentCommit(): Promise<string> {
  return (await run('git', ['rev-parse', '--short', 'HEAD'], { cwd: repository })).stdout.trim();
}

export function writeCompatibility(compatibility: Compatibility): Promise<void> {
  return writeJson(compatibilityFile, compatibility);
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(value, undefined, 2)}\n`);
}

/**
 * Removes progress messages from the output of a client, and replaces or removes what differs from run to run: ports,
 * times, file names, digests and ids.
 */
export function withoutChance(output: string, ports: readonly number[]): string {
  let text = output.replace(/\x1b\[[0-9;]*[A-Za-z]/g, '');
  for (const port of ports) text = text.replaceAll(`:${port}`, ':5001');
  return text
    .replace(/time="[^"]*" |time=\S+ /g, '')
    .replace(/^\d{4}[-/]\d\d[-/]\d\d[ T]\S+ /gm, '')
    .replace(/(\/[^\s":,]*)?\/dockpass-test-\d+\/[^\s":,]*/g, 'FILE')
    .replace(/\b(sha256:)?[0-9a-f]{64}\b/g, 'DIGEST')
    .replace(/ \(refusal [^)]+\)/g, ' (refusal ID)')
    .replace(/"id":"[^"]+"/g, '"id":"ID"')
    .replace(/"detail":\[[^\]]*\]/g, '"detail":[…]')
    .replace(/[:;] \[?map\[.*$/gm, '')
    .replace(/uploads\/[0-9a-f-]{36}[^\s":]*/g, 'uploads/ID')
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '' && !progress.test(line))
    .join('\n')
    .trim();
}

const progress =
  /^(Getting image|Copying (blob|config)|Trying to pull|The push refers|Uploading|Exists|elapsed:|[0-9a-f]{12}: |level=(WARN|info)|#\d+ (?!ERROR)|------| > \[|\S+ +(waiting|resolving|uploading|done|exists) )|: +waiting +\|/;
