import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import about from '../../../package.json' with { type: 'json' };
import { calledCommand } from '../../../src/cli/called-command.ts';
import { createFullProgram } from '../../../src/cli/program.ts';
import { allNodes, describeCommand, type CommandNode } from '../../../src/cli/reference/command-tree.ts';
import { renderManPage } from '../../../src/cli/reference/man-page.ts';
import { repository } from '../../support/run/environment.ts';

const program = describeCommand(await createFullProgram());
const nodes = allNodes(program);
const title = ({ path }: CommandNode): string => path.join(' ');
const byTitle = new Map(nodes.map((node) => [title(node), node]));

/** Returns the command that a command line calls. */
function calledNode(line: string): CommandNode {
  const words = line.replace(/^source <\(|\)$/g, '').split(' ');
  let node = program;
  for (let at = 1; at < words.length; at++) {
    const word = words[at] ?? '';
    const option = program.options.find(({ flags }) => flags.includes(word));
    if (option?.valueTerm !== undefined) at++;
    const child = node.children.find(({ name, aliases }) => [name, ...aliases].includes(word));
    if (child !== undefined) node = child;
  }
  return node;
}

describe.each(nodes.map((node): [string, CommandNode] => [title(node), node]))('%s', (_title, node) => {
  test('has examples in its help', () => {
    expect(node.examples.length).toBeGreaterThan(0);
  });

  test.each(node.examples)('can be called as in the example %s', (line) => {
    expect(line).toMatch(/^(?:source <\()?dockpass /);
    if (node === program) return;
    const called = calledNode(line);
    // An example of a command group may call one of the group's commands.
    expect(title(called).startsWith(title(node))).toBe(true);
    const known = [...program.options, ...called.options].flatMap(({ flags }) => flags);
    for (const word of line.split(' ').filter((each) => each.startsWith('--'))) expect(known).toContain(word);
  });

  test('has help texts that start with a capital letter and have no final full stop', () => {
    const texts = [node, ...node.arguments, ...node.options].map(({ description }) => description);
    for (const text of texts) expect(text).toMatch(/^[A-Z].*[^.]$/);
  });
});

test('add and create are aliases, and so are remove and delete', () => {
  const pairs: Readonly<Record<string, string>> = {
    add: 'create',
    create: 'add',
    remove: 'delete',
    delete: 'remove',
  };
  for (const { name, aliases } of nodes)
    expect(aliases).toEqual(pairs[name] === undefined ? [] : [pairs[name]]);
  expect(byTitle.get('dockpass user remove')?.aliases).toEqual(['delete']);
});

test('every command that lists or shows something has --json', () => {
  const withJson = nodes.filter(({ options }) => options.some(({ flags }) => flags.includes('--json')));
  expect(withJson.map(title).sort()).toEqual([
    'dockpass audit',
    'dockpass check',
    'dockpass doctor',
    'dockpass explain',
    'dockpass grant list',
    'dockpass grant who',
    'dockpass group list',
    'dockpass keys list',
    'dockpass move-store',
    'dockpass repo list',
    'dockpass repo tags',
    'dockpass retention plan',
    'dockpass robot list',
    'dockpass robot rotate',
    'dockpass robot show',
    'dockpass session list',
    'dockpass status',
    'dockpass token list',
    'dockpass trust add',
    'dockpass trust confirm',
    'dockpass trust list',
    'dockpass trust test',
    'dockpass usage',
    'dockpass user list',
    'dockpass user show',
  ]);
  const listing = nodes.filter(({ name }) => /^(?:list|show|tags|who|status)$/.test(name));
  expect(withJson).toEqual(expect.arrayContaining(listing));
});

test('every command that removes or revokes something has --yes and --dry-run', () => {
  const withYes = nodes.filter(({ options }) => options.some(({ flags }) => flags.includes('--yes')));
  expect(withYes.map(title).sort()).toEqual([
    'dockpass grant remove',
    'dockpass group leave',
    'dockpass group remove',
    'dockpass keys rotate',
    'dockpass repo delete',
    'dockpass restore',
    'dockpass retention apply',
    'dockpass robot remove',
    'dockpass robot rotate',
    'dockpass session revoke',
    'dockpass token revoke',
    'dockpass trust remove',
    'dockpass user remove',
  ]);
  for (const { options } of withYes) expect(options.flatMap(({ flags }) => flags)).toContain('--dry-run');
});

test.each([
  ['serve', 'serve'],
  ['--config dockpass.yml serve', 'serve'],
  ['--config=dockpass.yml user list', 'user'],
  ['--help', '--help'],
  ['', undefined],
])('finds the command in "dockpass %s"', (line, command) => {
  expect(calledCommand(['node', 'dockpass', ...line.split(' ').filter(Boolean)])).toBe(command);
});

test('docs/man/dockpass.1 is up to date; if not, run npm run docs', () => {
  const page = readFileSync(join(repository, 'docs/man/dockpass.1'), 'utf8');
  expect(page).toBe(renderManPage(program, about.version));
  expect(about.man).toEqual(['./docs/man/dockpass.1']);
  for (const node of nodes) expect(page).toContain(title(node).replaceAll('-', '\\-'));
});
