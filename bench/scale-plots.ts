import { capacityCases, processCounts } from './capacity.ts';
import type { Figures } from './figures.ts';
import { renderLinePlot } from './line-plot.ts';
import type { Answers } from './scale-answers.ts';
import { clients } from './scenarios/lifetimes.ts';
import { nodes, windows } from './scenarios/nodes.ts';
import { people, survivors, within } from './scenarios/region.ts';
import { jitters, robots } from './scenarios/robots.ts';

/** The plots of docs/scale.md, by file name. */
export function renderScalePlots({ capacity }: Figures, answers: Answers): Readonly<Record<string, string>> {
  const runs = capacity.held ?? capacity.free;
  return {
    'processes.svg': renderLinePlot({
      title: 'Requests per second, relative to one process',
      x: { label: 'processes on one PostgreSQL', ticks: processCounts },
      y: { label: 'relative to one process', ticks: [0, 1, 2, 3, 4, 5] },
      series: [
        { name: 'linear', points: processCounts.map((at) => [at, at] as const) },
        ...capacityCases
          .filter((name) => name !== 'refresh token')
          .map((name) => ({
            name,
            points: processCounts.map(
              (at) => [at, runs[name][at].perSecond / runs[name][1].perSecond] as const,
            ),
          })),
      ],
    }),
    'nodes.svg': renderLinePlot({
      title: `${nodes.toLocaleString('en-US')} nodes pull one image`,
      x: { label: 'processes', ticks: processCounts },
      y: {
        label: '99 of 100 have a token within, seconds',
        ticks: [0.0001, 0.001, 0.01, 0.1, 1, 10],
        isLogarithmic: true,
      },
      series: windows.map((window) => ({
        name: window === 0 ? 'all at once' : `within ${window} s`,
        points: answers.nodes
          .filter((answer) => answer.window === window)
          .map(({ processes, result }) => [processes, result.percentile(0.99)] as const),
      })),
    }),
    'robots.svg': renderLinePlot({
      title: `${robots.toLocaleString('en-US')} robots renew`,
      x: { label: 'spread over, seconds', ticks: [...jitters].reverse(), isLogarithmic: true },
      y: { label: 'last answer after, seconds', ticks: [10, 100, 1000, 10_000], isLogarithmic: true },
      series: processCounts.map((count) => ({
        name: `${count} ${count === 1 ? 'process' : 'processes'}`,
        points: answers.robots
          .filter(({ processes }) => processes === count)
          .map(({ jitter, lastAnswer }) => [jitter, lastAnswer] as const),
      })),
    }),
    'lifetimes.svg': renderLinePlot({
      title: 'Requests per second by token lifetime',
      x: {
        label: `token lifetime of ${clients.toLocaleString('en-US')} clients, minutes`,
        ticks: answers.lifetimes.map(({ lifetime }) => lifetime / 60),
        isLogarithmic: true,
      },
      y: { label: 'requests per second', ticks: [10, 100, 1000, 10_000], isLogarithmic: true },
      series: [
        {
          name: 'requests per second',
          points: answers.lifetimes.map(({ lifetime, perSecond }) => [lifetime / 60, perSecond] as const),
        },
      ],
    }),
    'region.svg': renderLinePlot({
      title: 'After the loss of a region: users that are logged in again',
      x: { label: 'seconds after the loss; lines: remaining processes', ticks: [0, 60, 120, 180, 240] },
      y: { label: `percent of ${people.toLocaleString('en-US')} logins`, ticks: [0, 25, 50, 75, 100] },
      series: [
        ...survivors.map((count) => ({
          name: `${count}, passwords`,
          points: percentsOf(answers.region.find(isAnswer('passwords', count))),
        })),
        {
          name: `${survivors[0]}, access tokens`,
          points: percentsOf(answers.region.find(isAnswer('access tokens', survivors[0]))),
        },
      ].map((series) => ({ ...series, points: series.points.filter(([at]) => at <= 4 * within) })),
    }),
  };
}

type RegionAnswer = Answers['region'][number];

function isAnswer(secret: RegionAnswer['secret'], count: number): (answer: RegionAnswer) => boolean {
  return (answer) => answer.secret === secret && answer.processes === count;
}

function percentsOf(answer: RegionAnswer | undefined): (readonly [number, number])[] {
  return [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99, 100].map((percent) => [
    answer?.result.answeredBy(percent / 100) ?? 0,
    percent,
  ]);
}
