import { beforeAll, expect, test } from 'vitest';
import { dockpassHome, startServe, type DockpassHome } from '../../support/dockpass/dockpass.ts';

let home: DockpassHome;
beforeAll(async () => {
  home = await dockpassHome();
  // This creates the database.
  await home.addUser('alice', 'correct horse battery');
});

test.each([
  ['group list', /^there are no groups\. To add one, run "dockpass group add NAME"\n$/],
  ['grant list', /^there are no grants\. /],
  ['grant list alice', /^alice has no grants\n$/],
  ['token list', /^there are no access tokens\n$/],
  ['token list --user alice', /^alice has no access tokens\n$/],
  ['robot list', /^there are no robot accounts\. To create one, run "dockpass robot create /],
  ['session list', /^there are no active sessions\n$/],
  ['session list alice', /^alice has no active sessions\n$/],
  ['grant who team/app delete', /^no one may delete images of team\/app\n$/],
  ['audit --since 0s', /^no event in the audit log matches\n$/],
])('dockpass %s says on stderr that the list is empty, and --json prints []', async (command, message) => {
  const words = command.split(' ');
  const text = await home.must(words);
  expect([text.stdout, text.stderr]).toEqual(['', expect.stringMatching(message)]);
  expect(await home.must([...words, '--json'])).toMatchObject({ stdout: '[]\n', stderr: '' });
});

test('dockpass user list says that there are no users', async () => {
  await home.must(['user', 'remove', 'alice']);
  const { stdout, stderr } = await home.must(['user', 'list']);
  expect([stdout, stderr]).toEqual([
    '',
    'there are no users in the database. To add one, run "dockpass user add NAME"\n',
  ]);
  await home.addUser('alice', 'correct horse battery');
});

test('a second server in the same folder says that one is already running, and where', async () => {
  const server = await startServe();
  const second = await server.cli(['serve'], { timeout: 20_000 });
  expect(second).toMatchObject({ status: 1, stdout: '' });
  expect(second.stderr).toMatch(
    new RegExp(
      `^dockpass: another dockpass is already running: port ${server.port}, .*at ${server.operationsUrl}\\. `,
    ),
  );
  expect(second.stderr).toContain('DOCKPASS_LISTEN, DOCKPASS_OPERATIONS_LISTEN');
});
