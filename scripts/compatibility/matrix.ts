import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  forms,
  formsDirectory,
  operations,
  type Compatibility,
  type Form,
  type FormResult,
  type Forms,
  type Result,
} from '../../test/support/client/compatibility.ts';
import { cell, marks } from './cells.ts';

const refusals = operations.filter((name) => name.includes('refused') || name === 'wrong password');

/** Renders the part about all clients, registries and edges. */
export async function renderMatrix(compatibility: Compatibility): Promise<string> {
  const { results, versions, clients, setups, command, commit, at, full } = compatibility;
  const formFiles = await Promise.all(
    (await readdir(formsDirectory)).map(
      async (name) => JSON.parse(await readFile(join(formsDirectory, name), 'utf8')) as Forms,
    ),
  );
  const another = formFiles.find((file) => file.commit !== commit || file.full !== full);
  if (another !== undefined)
    throw new Error(
      `the results are from two commits, ${another.commit} and ${commit}. Run ${command} again.`,
    );
  const formResults = formFiles.flatMap((file) => file.results);

  const count = (outcome: string) => results.filter((result) => result.outcome === outcome).length;
  // A step for which a client has no command does not count.
  const steps = clients.length * setups.length * operations.length - count('none');

  const lines = [
    '# What works with what',
    '',
    `Generated from the end-to-end run \`${command}\` on commit ${commit}, ${at.slice(0, 10)}${full ? '' : ' (main path only)'}:`,
    'real clients against real registries behind real edges. The edges are Caddy and nginx, as `dockpass up` runs them, and Traefik',
    'with the configuration that `dockpass init` writes.',
    `Of ${steps} steps, ${count('right') + count('wrong')} were run, and ${count('wrong')} failed.`,
    'To generate this page, run `npm run test:matrix && npm run docs:compatibility`. Only the notes at the end are written by hand.',
    '',
    'In the run, `localhost:5001` is a private domain and `127.0.0.1:5001` a public domain of the same registry.',
    '',
    '## Versions',
    '',
    '| part | version |',
    '| --- | --- |',
    ...[...setups.flatMap(({ registry, edge }) => [`registry ${registry}`, edge]), ...clients]
      .filter((name, at, names) => names.indexOf(name) === at)
      .map((name) => `| ${name} | ${cell(versions[name] ?? 'not run')} |`),
    '',
    '## What each client did',
    '',
    '- `yes`: the client did what is expected. In the columns with a denial, and for a wrong password, a clear error is expected.',
    '- `–`: the client has no such command, or cannot run it with this registry or edge (see the notes).',
    '- `access token` and `robot`: the client logs in and pulls with such a secret instead of a password.',
    '- `catalog` and `delete`: an admin runs these.',
    '',
    `| client | registry | edge | ${operations.join(' | ')} |`,
    `| --- | --- | --- |${operations.map(() => ' --- |').join('')}`,
    ...clients.flatMap((client) =>
      setups.map(({ registry, edge }) => {
        const cells = operations.map((operation) => {
          const found = results.find(
            (result) =>
              [result.client, result.registry, result.edge, result.operation].join() ===
              [client, registry, edge, operation].join(),
          );
          return found === undefined ? 'not run' : marks[found.outcome];
        });
        return `| ${[client, registry, edge, ...cells].join(' | ')} |`;
      }),
    ),
    '',
    '## Larger than one small image',
    '',
    'With docker, crane, skopeo and curl. The layer of 1 GiB is pushed with a token, pushed again with name and password, and',
    'pulled without a login. Less than a megabyte of it passes through Node or is written to the disk of the edge. `name and password with each',
    'request` is what a registry user interface does: a chunked upload, catalog, tags and deletion.',
    '',
    `| registry | edge | ${forms.join(' | ')} |`,
    `| --- | --- |${forms.map(() => ' --- |').join('')}`,
    ...setups.map(({ registry, edge }) => {
      const cells = forms.map((form) => outcomeOf(formResults, form, registry, edge));
      return `| ${[registry, edge, ...cells].join(' | ')} |`;
    }),
    '',
    '## What each client prints if a request is denied',
    '',
    'Progress output is omitted. Ids, digests and paths are replaced.',
    ...refusals.flatMap((operation) => [
      '',
      `### ${operation[0]?.toUpperCase()}${operation.slice(1)}`,
      ...clients.flatMap((client) => texts(results, client, operation)),
    ]),
    '',
  ];

  return `${lines.join('\n')}\n`;
}

/** Returns the cell for one form of use in one set-up: `yes` if all of its steps had the expected result. */
function outcomeOf(results: readonly FormResult[], form: Form, registry: string, edge: string): string {
  const found = results.filter(
    (result) => [result.form, result.registry, result.edge].join() === [form, registry, edge].join(),
  );
  if (found.length === 0) return 'not run';
  return found.every(({ outcome }) => outcome === 'right') ? marks.right : marks.wrong;
}

/** Returns each different text once. If the client printed different texts in different set-ups, names the set-ups. */
function texts(results: readonly Result[], client: string, operation: string): string[] {
  const places = new Map<string, string[]>();
  for (const result of results) {
    if (result.client !== client || result.operation !== operation || result.said === undefined) continue;
    places.set(result.said, [...(places.get(result.said) ?? []), `${result.registry} behind ${result.edge}`]);
  }
  return [...places].flatMap(([text, where]) => [
    '',
    places.size === 1 ? `${client}:` : `${client}, registry ${where.join(', ')}:`,
    '',
    '```text',
    ...text.split('\n'),
    '```',
  ]);
}
