import { colours, curve, line, picture, text } from './svg.ts';

export interface LinePlot {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

interface Axis {
  readonly label: string;
  /** The values with a grid line. The first and the last are the ends of the axis. */
  readonly ticks: readonly number[];
  /** Whether equal distances on the axis are equal factors instead of equal differences. */
  readonly isLogarithmic?: boolean;
  readonly format?: (tick: number) => string;
}

interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const width = 640;
const height = 320;
const margin = { left: 70, right: 150, top: 34, bottom: 50 };

/** Draws a line for each series. Points outside the axes are drawn at the nearest end. */
export function renderLinePlot({ title, x, y, series }: LinePlot): string {
  const across = scale(x, margin.left, width - margin.right);
  const up = scale(y, height - margin.bottom, margin.top);
  const [left, right] = ends(x);
  const [bottom, top] = ends(y);
  const format = ({ format: own }: Axis, tick: number): string =>
    own?.(tick) ?? tick.toLocaleString('en-US', { maximumSignificantDigits: 4 });
  return picture(width, height, title, [
    ...y.ticks.flatMap((tick) => [
      line(across(left), up(tick), across(right), up(tick), 'stroke="#d0d7de"'),
      text(margin.left - 8, up(tick) + 4, format(y, tick), 'end'),
    ]),
    ...x.ticks.flatMap((tick) => [
      line(across(tick), up(bottom), across(tick), up(top), 'stroke="#eaeef2"'),
      text(across(tick), height - margin.bottom + 18, format(x, tick), 'middle'),
    ]),
    text((across(left) + across(right)) / 2, height - 10, x.label, 'middle'),
    text(margin.left - 60, 18, y.label, 'start'),
    ...series.flatMap(({ name, points }, at) => {
      const colour = colours[at % colours.length] ?? '#000000';
      return [
        ...curve(
          points.map(([here, value]) => [across(here), up(value)]),
          colour,
        ),
        `<text x="${width - margin.right + 12}" y="${margin.top + 12 + 18 * at}" fill="${colour}">${name}</text>`,
      ];
    }),
  ]);
}

function ends({ ticks }: Axis): [number, number] {
  return [ticks[0] ?? 0, ticks.at(-1) ?? 1];
}

function scale(axis: Axis, from: number, to: number): (value: number) => number {
  const measure = axis.isLogarithmic === true ? Math.log10 : (value: number): number => value;
  const [least, most] = ends(axis).map(measure) as [number, number];
  return (value) => {
    const part = (measure(Math.max(value, Number.MIN_VALUE)) - least) / (most - least);
    return from + (to - from) * Math.min(1, Math.max(0, part));
  };
}
