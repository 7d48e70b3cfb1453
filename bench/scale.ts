import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureFigures, readFigures, writeFigures, type Figures } from './figures.ts';
import { answerPieces, answersOf, usualSeed } from './scale-answers.ts';
import { measuredPieces, withPieces } from './scale-page.ts';
import { renderScalePlots } from './scale-plots.ts';
import { costsOf } from './scenarios/model.ts';

/**
 * `npm run docs:scale`: measures, writes the figures to docs/scale.json, and generates docs/scale.md and its plots from
 * them. With `--keep-figures`, it does not measure and uses the existing figures.
 */
const { values } = parseArgs({
  options: {
    'keep-figures': { type: 'boolean', default: false },
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    seed: { type: 'string', default: String(usualSeed) },
  },
});
const say = (text: string): void => void process.stderr.write(`${text} …\n`);
if (!values['keep-figures']) {
  const bin = new URL('../bin/dockpass.js', import.meta.url).pathname;
  const options = { seconds: Number(values.seconds), rounds: Number(values.rounds), bin, say };
  await writeFigures(await measureFigures(options));
}
say(`simulating with the seed ${values.seed}`);
await writePage(await readFigures(), Number(values.seed));

async function writePage(figures: Figures, seed: number): Promise<void> {
  const docs = new URL('../docs/', import.meta.url);
  const answers = answersOf(costsOf(figures), seed);
  const page = new URL('scale.md', docs);
  const pieces = { ...measuredPieces(figures), ...answerPieces(answers) };
  await writeFile(page, withPieces(await readFile(page, 'utf8'), pieces));
  await mkdir(new URL('scale/', docs), { recursive: true });
  for (const [name, plot] of Object.entries(renderScalePlots(figures, answers)))
    await writeFile(new URL(`scale/${name}`, docs), plot);
}
