import { expect, test } from 'vitest';
import { dockpassHome } from '../../support/dockpass/dockpass.ts';
import { repository } from '../../support/run/environment.ts';
import { run } from '../../support/process/run.ts';

test.each(['keys export --pem', 'audit --json', 'user --help'])(
  '%s exits without an error when the reader of its output exits',
  async (words) => {
    const home = await dockpassHome();
    await home.must(['group', 'add', 'dev']);
    const command = `"$0" "$1/bin/dockpass.js" ${words} | head -c 1; echo " status \${PIPESTATUS[0]}"`;
    const args = ['-c', command, process.execPath, repository];
    const { stdout, stderr } = await run('bash', args, { cwd: home.directory, env: home.env });
    expect(stdout).toMatch(/ status 0\n$/);
    expect(stderr).not.toContain('EPIPE');
  },
);
