import { describe, expect, test } from 'vitest';
import type { DoctorContext } from '../../../src/doctor/context.ts';
import { noFindings, warning, wrong, type Finding } from '../../../src/doctor/finding.ts';
import { createProbe, runProbes, type Probe } from '../../../src/doctor/probe.ts';

// The probes of these tests measure nothing, so they need no context.
const context = {} as DoctorContext;
const text = { problem: 'a problem', impact: 'an impact', fix: 'a fix' };

function probe(findings: readonly Finding[], ...after: readonly Probe<string>[]): Probe<string> {
  return createProbe<string, undefined>({
    after,
    measure: () => Promise.resolve(undefined),
    judge: () => findings,
  });
}

async function codesOf(...probes: readonly Probe<string>[]): Promise<string[]> {
  return (await runProbes(probes, context, 'subject', 'registry.example.com')).map(({ code }) => code);
}

describe('runProbes', () => {
  test('reports findings in the order of the list, whichever probe finishes first', async () => {
    let finishSlow = (): void => undefined;
    const slow = createProbe<string, undefined>({
      measure: () => new Promise((resolve) => (finishSlow = () => resolve(undefined))),
      judge: () => wrong('no_tls', text),
    });
    const fast = createProbe<string, undefined>({
      measure: () => Promise.resolve(undefined),
      judge: () => {
        finishSlow();
        return wrong('edge_host', text);
      },
    });
    expect(await codesOf(slow, fast)).toEqual(['no_tls', 'edge_host']);
  });

  test('skips a probe if one that it depends on found a problem, also over several steps', async () => {
    const cause = probe(wrong('no_tls', text));
    const effect = probe(wrong('edge_host', text), cause);
    const laterEffect = probe(wrong('auth_not_routed', text), effect);
    expect(await codesOf(cause, effect, laterEffect)).toEqual(['no_tls']);
  });

  test('runs a probe if one that it depends on found nothing, or only a warning', async () => {
    const silent = probe(noFindings);
    const careful = probe(warning('certificate_expired', text));
    expect(await codesOf(silent, careful, probe(wrong('edge_host', text), silent, careful))).toEqual([
      'certificate_expired',
      'edge_host',
    ]);
  });

  test('reports a connection that breaks, and skips what depends on the answer', async () => {
    const broken = createProbe<string, undefined>({
      measure: () => Promise.reject(new Error('socket hang up')),
      judge: () => noFindings,
    });
    const found = await runProbes(
      [broken, probe(wrong('edge_host', text), broken)],
      context,
      'subject',
      'registry.example.com',
    );
    expect(found).toEqual([expect.objectContaining({ code: 'connection_broken', severity: 'wrong' })]);
    expect(found[0]?.problem).toMatch(/registry\.example\.com.*socket hang up/);
  });
});
