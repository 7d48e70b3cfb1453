import { expect, test } from 'vitest';
import { dockpassBin, dockpassHome } from '../../support/dockpass/dockpass.ts';
import { typeAtTerminal } from '../../support/process/terminal.ts';

// An error in the configuration is the one finding that needs neither a registry nor an edge.
const broken = { config: { servcie: 'registry' } };

test('doctor --json prints code, severity, problem, impact and fix of each finding', async () => {
  const ran = await (await dockpassHome(broken)).cli(['doctor', '--json']);
  expect(ran.status).toBe(1);
  const findings = JSON.parse(ran.stdout) as Record<string, string>[];
  expect(findings).toEqual([
    {
      code: 'configuration',
      severity: 'wrong',
      problem: expect.stringContaining('Did you mean service?') as string,
      impact: expect.stringContaining('does not start') as string,
      fix: expect.stringContaining('dockpass check') as string,
    },
  ]);
  expect(Object.keys(findings[0] ?? {})).toEqual(['code', 'severity', 'problem', 'impact', 'fix']);
  expect(ran.stderr).toBe('');
});

test('doctor labels problem, impact and fix, and counts the findings on stderr', async () => {
  const ran = await (await dockpassHome(broken)).cli(['doctor']);
  expect(ran.stdout).toMatch(
    /^wrong \[configuration\]\n {2}Problem: .*servcie.*\n {2}Impact: .*\n {2}Fix: .*\n\n$/,
  );
  expect(ran.stderr).toMatch(/^1 problem\. docs\/doctor\.md describes each code\./);
});

test('doctor colours the severity at a terminal only', async () => {
  const { directory } = await dockpassHome(broken);
  const command = `${process.execPath} ${dockpassBin} doctor || true`;
  expect(await typeAtTerminal(`cd ${directory}; TERM=xterm ${command}`, [])).toContain(
    '\x1b[31mwrong\x1b[39m [configuration]',
  );
  expect(await typeAtTerminal(`cd ${directory}; NO_COLOR=1 TERM=xterm ${command}`, [])).not.toContain('\x1b');
});
