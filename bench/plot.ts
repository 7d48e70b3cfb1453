import { colours, curve, line, picture, text } from './svg.ts';

/** The measurements of one setting, such as the number of users, at several sizes. */
export interface Curve {
  readonly name: string;
  readonly points: readonly {
    readonly size: number;
    /** Microseconds. */
    readonly cost: number;
    /** The cost divided by the cost at the smallest size. */
    readonly ratio: number;
  }[];
}

const width = 640;
const height = 320;
const margin = { left: 60, right: 110, top: 20, bottom: 50 };
const highest = 1.6;

/** Draws the ratios over the sizes, on a logarithmic axis, with a line for the highest ratio that is allowed. */
export function renderPlot(curves: readonly Curve[], limit: number): string {
  const largest = Math.max(...curves.flatMap(({ points }) => points.map(({ size }) => size)));
  const x = (size: number): number =>
    margin.left + ((width - margin.left - margin.right) * (Math.log10(size) - 1)) / (Math.log10(largest) - 1);
  const y = (ratio: number): number =>
    height - margin.bottom - ((height - margin.top - margin.bottom) * Math.min(ratio, highest)) / highest;
  const decades = Array.from({ length: Math.round(Math.log10(largest)) }, (_, at) => 10 ** (at + 1));
  return picture(width, height, 'The cost of a token over the number of users, grants and rules', [
    ...[0, 0.5, 1, 1.5].map((ratio) => line(x(10), y(ratio), x(largest), y(ratio), 'stroke="#d0d7de"')),
    ...[0, 0.5, 1, 1.5].map((ratio) => text(margin.left - 8, y(ratio) + 4, `${ratio} ×`, 'end')),
    ...decades.map((size) =>
      text(x(size), height - margin.bottom + 18, size.toLocaleString('en-US'), 'middle'),
    ),
    text(
      (x(10) + x(largest)) / 2,
      height - 10,
      'number of users, grants or rules; cost of a token relative to that with ten',
      'middle',
    ),
    line(x(10), y(limit), x(largest), y(limit), 'stroke="#cf222e" stroke-dasharray="6 4"'),
    text(x(largest) + 8, y(limit) + 4, `at most ${limit} ×`, 'start'),
    ...curves.flatMap(({ name, points }, at) => {
      const colour = colours[at % colours.length] ?? '#000000';
      return [
        ...curve(
          points.map(({ size, ratio }) => [x(size), y(ratio)]),
          colour,
        ),
        `<text x="${width - margin.right + 8}" y="${height - margin.bottom - 16 * (at + 1)}" fill="${colour}">${name}</text>`,
      ];
    }),
  ]);
}
