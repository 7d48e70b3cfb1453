import { countedPulls, type CountedResults } from '../../test/support/client/compatibility.ts';
import { cell, marks } from './cells.ts';

export const countedTitle = '## One pull counts as one';

/** Renders the part about the pulls that `dockpass usage` counts. */
export function renderCounted({ commit, at, setups, versions, results }: CountedResults): string {
  const behind = setups.map(({ registry, edge }) => `${registry} behind ${edge}`).join(', ');
  const rows = results.map(({ client, registry, outcomes }) => {
    const cells = [client, cell(versions[client] ?? ''), registry, ...outcomes.map((each) => marks[each])];
    return `| ${cells.join(' | ')} |`;
  });
  const columns = countedPulls.map((how) => `one pull ${how} counts as one`);
  const lines = [
    countedTitle,
    '',
    `Generated from test/e2e/usage.test.ts on commit ${commit}, ${at.slice(0, 10)}: registry ${behind}.`,
    'Each client pulls three images once: by its tag, an index of which it fetches the image for its platform, and by its digest. Then',
    '[`dockpass usage`](usage.md) shows each of them with one pull, although a pull is up to four requests.',
    'The other clients of the first table are not part of this test.',
    '',
    `| client | version | registry | ${columns.join(' | ')} |`,
    `| --- | --- | --- |${columns.map(() => ' --- |').join('')}`,
    ...rows.toSorted(),
    '',
  ];
  return `${lines.join('\n')}\n`;
}
