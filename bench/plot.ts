/** What became of one thing that grew. */
export interface Curve {
  readonly name: string;
  readonly points: readonly {
    readonly size: number;
    /** Microseconds. */
    readonly cost: number;
    /** To the cost at the smallest size. */
    readonly ratio: number;
  }[];
}

const width = 640;
const height = 320;
const margin = { left: 60, right: 110, top: 20, bottom: 50 };
const highest = 1.6;
const colours = ['#0969da', '#bf3989', '#1a7f37'];

/** The ratios over the sizes (logarithmic), with the line that none may cross. */
export function renderPlot(curves: readonly Curve[], limit: number): string {
  const largest = Math.max(...curves.flatMap(({ points }) => points.map(({ size }) => size)));
  const x = (size: number): number =>
    margin.left + ((width - margin.left - margin.right) * (Math.log10(size) - 1)) / (Math.log10(largest) - 1);
  const y = (ratio: number): number =>
    height - margin.bottom - ((height - margin.top - margin.bottom) * Math.min(ratio, highest)) / highest;
  const decades = Array.from({ length: Math.round(Math.log10(largest)) }, (_, at) => 10 ** (at + 1));
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    '<title>The cost of a token over the number of users, grants and rules</title>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...[0, 0.5, 1, 1.5].map((ratio) => line(x(10), y(ratio), x(largest), y(ratio), 'stroke="#d0d7de"')),
    ...[0, 0.5, 1, 1.5].map((ratio) => text(margin.left - 8, y(ratio) + 4, `${ratio} ×`, 'end')),
    ...decades.map((size) =>
      text(x(size), height - margin.bottom + 18, size.toLocaleString('en-US'), 'middle'),
    ),
    text(
      (x(10) + x(largest)) / 2,
      height - 10,
      'how many there are; cost of a token, to that with ten',
      'middle',
    ),
    line(x(10), y(limit), x(largest), y(limit), 'stroke="#cf222e" stroke-dasharray="6 4"'),
    text(x(largest) + 8, y(limit) + 4, `at most ${limit} ×`, 'start'),
    ...curves.flatMap(({ name, points }, at) => {
      const colour = colours[at % colours.length] ?? '#000000';
      const path = points.map(({ size, ratio }) => `${x(size).toFixed(1)},${y(ratio).toFixed(1)}`).join(' ');
      return [
        `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        ...points.map(
          ({ size, ratio }) =>
            `<circle cx="${x(size).toFixed(1)}" cy="${y(ratio).toFixed(1)}" r="3" fill="${colour}"/>`,
        ),
        `<text x="${width - margin.right + 8}" y="${height - margin.bottom - 16 * (at + 1)}" fill="${colour}">${name}</text>`,
      ];
    }),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

function line(x1: number, y1: number, x2: number, y2: number, style: string): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" ${style}/>`;
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#57606a">${words}</text>`;
}
