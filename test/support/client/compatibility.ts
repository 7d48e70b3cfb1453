import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { repository } from '../run/environment.ts';
import { run } from '../process/run.ts';

// What the run of the client matrix found, for docs/compatibility.md (scripts/compatibility.ts).

/** In the order of the page. */
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
  /** `as it should`, `not as it should`, or that this client has no such command. */
  readonly outcome: 'right' | 'wrong' | 'none';
  /** What the client said where it was refused. */
  readonly said?: string;
}

/** Pushes and pulls that are more than one small image, in the order of the page. */
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
  /** The command that made this. */
  readonly command: string;
  readonly full: boolean;
  /** What was checked out. */
  readonly commit: string;
  /** ISO 8601. */
  readonly at: string;
  /** All that was to run; what has no result did not. */
  readonly clients: readonly string[];
  readonly households: readonly { readonly registry: string; readonly edge: string }[];
  /** Version by client, registry (`registry 2.8`) and edge. */
  readonly versions: Readonly<Record<string, string>>;
  readonly results: readonly Result[];
}

export const compatibilityFile =
  process.env['DOCKPASS_COMPATIBILITY'] ?? join(repository, '.cache', 'compatibility.json');

/** What one test file found. */
export interface Forms {
  readonly full: boolean;
  /** What was checked out. */
  readonly commit: string;
  readonly results: readonly FormResult[];
}

/** One file for each test file that walks through forms. */
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

/** A client's words without its progress, and without what differs from run to run: ports, files, digests, ids. */
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
