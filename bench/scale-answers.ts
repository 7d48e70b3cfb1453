import { count, number, table, type Pieces } from './scale-page.ts';
import { tokensThatLive } from './scenarios/lifetimes.ts';
import { limitsOf } from './scenarios/limits.ts';
import { auditRoom, waitingRows, type Costs } from './scenarios/model.ts';
import { nodes, pullAtOnce } from './scenarios/nodes.ts';
import { loseRegion, people } from './scenarios/region.ts';
import { renewHourly, robots } from './scenarios/robots.ts';

export const usualSeed = 20_261_124;

/** The results of the simulation, computed once, so that tables and plots show the same run. */
export function answersOf(costs: Costs, seed: number) {
  return {
    seed,
    nodes: pullAtOnce(costs, seed),
    robots: renewHourly(costs, seed),
    lifetimes: tokensThatLive(costs),
    region: loseRegion(costs, seed),
    limits: limitsOf(costs),
  };
}
export type Answers = ReturnType<typeof answersOf>;

export function answerPieces(answers: Answers): Pieces {
  return {
    seed: `Seed ${answers.seed}.`,
    nodes: nodesTable(answers.nodes),
    robots: robotsTable(answers.robots),
    lifetimes: lifetimesTable(answers.lifetimes),
    region: regionTable(answers.region),
    limits: limitsTable(answers.limits),
  };
}

function nodesTable(answers: Answers['nodes']): string {
  return table(
    [
      `${count(nodes)} nodes within`,
      'processes',
      'median wait',
      '99 of 100 within',
      'last answer after',
      'longest queue',
      'audit rows written after',
    ],
    answers.map(({ window, processes, result }) => [
      window === 0 ? 'all at once' : `${window} s`,
      String(processes),
      seconds(result.percentile(0.5)),
      seconds(result.percentile(0.99)),
      seconds(result.lastAnswer),
      count(
        Math.max(...result.stations.filter(({ name }) => name === 'event loop').map((at) => at.longestQueue)),
      ),
      `${seconds(result.end)}${lost(waitingRows(result), processes)}`,
    ]),
  );
}

/** The number of audit rows that are lost, because more are waiting than the processes can hold in memory. */
function lost(rows: number, processes: number): string {
  const more = rows - auditRoom * processes;
  return more > 0 ? `; ${count(more)} rows are lost` : '';
}

function robotsTable(answers: Answers['robots']): string {
  return table(
    [
      `${count(robots)} robots, spread over`,
      'renewals/s',
      'processes',
      '99 of 100 within',
      'last answer after',
      'audit rows written after',
    ],
    answers.map(
      ({ jitter, processes, perSecond, result, isOverloaded, lastAnswer, lastRow, rowsWaiting }) => [
        jitter === 3600 ? 'the hour' : `${jitter} s`,
        count(perSecond),
        String(processes),
        isOverloaded ? 'overloaded' : seconds(result.percentile(0.99)),
        seconds(lastAnswer),
        `${seconds(lastRow)}${lost(rowsWaiting, processes)}`,
      ],
    ),
  );
}

export function lifetimesTable(lifetimes: Answers['lifetimes']): string {
  return table(
    ['token lifetime', 'requests/s', 'cores', 'audit rows per day', 'a disabled user can pull for at most'],
    lifetimes.map(({ lifetime, perSecond, cores, auditRowsPerDay, goesOnFor }) => [
      lifetime === 3600 ? '1 hour' : `${lifetime / 60} min`,
      count(perSecond),
      number(cores),
      `${number(auditRowsPerDay / 1e6)} million`,
      `${goesOnFor / 60} min`,
    ]),
  );
}

export function regionTable(region: Answers['region']): string {
  return table(
    [
      `${count(people)} logins within a minute, with`,
      'processes',
      'half logged in after',
      '99 of 100 after',
      'last login after',
      'rejected with 503',
    ],
    region.map(({ secret, processes, result }) => [
      secret,
      String(processes),
      seconds(result.answeredBy(0.5)),
      seconds(result.answeredBy(0.99)),
      seconds(result.lastAnswer),
      `${count(result.turnedAway)} times`,
    ]),
  );
}

export function limitsTable(limits: Answers['limits']): string {
  return table(
    ['operation', 'limit per second', 'grows with', 'how to raise it'],
    limits.map(({ name, perSecond, growsWith, raisedBy }) => [name, count(perSecond), growsWith, raisedBy]),
  );
}

function seconds(value: number): string {
  if (value < 0.001) return `${number(value * 1e6)} µs`;
  return value < 1 ? `${number(value * 1e3)} ms` : `${number(value)} s`;
}
