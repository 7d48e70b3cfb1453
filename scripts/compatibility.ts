// Renders docs/compatibility.md from the results of the client matrix: npm run test:matrix, then
// npm run docs:compatibility.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  compatibilityFile,
  forms,
  formsDirectory,
  operations,
  type Compatibility,
  type Form,
  type Forms,
} from '../test/support/client/compatibility.ts';
import { repository } from '../test/support/run/environment.ts';

const page = join(repository, 'docs', 'compatibility.md');
const refusals = operations.filter((name) => name.includes('refused') || name === 'wrong password');
const marks = { right: 'yes', wrong: '**no**', none: '–' } as const;

const { results, versions, clients, households, command, commit, at, full } = JSON.parse(
  await readFile(compatibilityFile, 'utf8'),
) as Compatibility;
const formFiles = await Promise.all(
  (await readdir(formsDirectory)).map(
    async (name) => JSON.parse(await readFile(join(formsDirectory, name), 'utf8')) as Forms,
  ),
);
const another = formFiles.find((file) => file.commit !== commit || file.full !== full);
if (another !== undefined)
  throw new Error(
    `one page, one run: there are results of ${another.commit} and of ${commit}; ${command} again`,
  );
const formResults = formFiles.flatMap((file) => file.results);
// Notes are written by hand, below this line of the page, and stay.
const notesTitle = '## Notes';
const before = await readFile(page, 'utf8').catch(() => '');
const notes = before.includes(notesTitle) ? before.slice(before.indexOf(notesTitle)) : `${notesTitle}\n`;

const count = (outcome: string) => results.filter((result) => result.outcome === outcome).length;
// A step that a client has no command for is none.
const steps = clients.length * households.length * operations.length - count('none');

const lines = [
  '# What works with what',
  '',
  `Generated from the end-to-end run \`${command}\` on commit ${commit}, ${at.slice(0, 10)}${full ? '' : ' (main path only)'}:`,
  'real clients against real registries behind real edges: Caddy and nginx as `dockpass up` runs them, Traefik on the',
  'configuration that `dockpass init` writes for it.',
  `Of ${steps} steps ${count('right') + count('wrong')} were run, and ${count('wrong')} went wrong.`,
  'Made anew by `npm run test:matrix && npm run docs:compatibility`; only the notes at the end are written by hand.',
  '',
  'In the run, `localhost:5001` is a private name and `127.0.0.1:5001` a public one of the same registry.',
  '',
  '## Versions',
  '',
  '| part | version |',
  '| --- | --- |',
  ...[...households.flatMap(({ registry, edge }) => [`registry ${registry}`, edge]), ...clients]
    .filter((name, at, names) => names.indexOf(name) === at)
    .map((name) => `| ${name} | ${cell(versions[name] ?? 'not run')} |`),
  '',
  '## What each client did',
  '',
  '`yes`: it did what it should, which for the columns that say so, and a wrong password, is to be refused. `–`: it has',
  'no such command, or cannot be asked there (see the notes). `access token` and `robot`: login and pull with such a secret for the password; `catalog` and `delete`:',
  'by an admin.',
  '',
  `| client | registry | edge | ${operations.join(' | ')} |`,
  `| --- | --- | --- |${operations.map(() => ' --- |').join('')}`,
  ...clients.flatMap((client) =>
    households.map(({ registry, edge }) => {
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
  'With docker, crane, skopeo and curl. The layer of 1 GiB is pushed with a token and again by name and password, and',
  'pulled by anyone, while neither Node nor the disk of the edge sees a megabyte of it. `name and password with each',
  'request`: what a user interface of a registry does, from a chunked upload over catalog and tags to the deletion.',
  '',
  `| registry | edge | ${forms.join(' | ')} |`,
  `| --- | --- |${forms.map(() => ' --- |').join('')}`,
  ...households.map(({ registry, edge }) => {
    const cells = forms.map((form) => outcomeOf(form, registry, edge));
    return `| ${[registry, edge, ...cells].join(' | ')} |`;
  }),
  '',
  '## What each client says when it is refused',
  '',
  'The progress that a client shows before is left out; ids, digests and paths are replaced.',
  ...refusals.flatMap((operation) => [
    '',
    `### ${operation[0]?.toUpperCase()}${operation.slice(1)}`,
    ...clients.flatMap((client) => texts(client, operation)),
  ]),
  '',
];

await writeFile(page, `${lines.join('\n')}\n${notes}`);

/** Of all steps of a form: it is right where each is. */
function outcomeOf(form: Form, registry: string, edge: string): string {
  const found = formResults.filter(
    (result) => [result.form, result.registry, result.edge].join() === [form, registry, edge].join(),
  );
  if (found.length === 0) return 'not run';
  return found.every(({ outcome }) => outcome === 'right') ? marks.right : marks.wrong;
}

/** Each different text once, and where it was said if not everywhere. */
function texts(client: string, operation: string): string[] {
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

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
