import { statSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from './ask.ts';
import { startBare } from './bare.ts';
import { measureCapacity, type Capacity } from './capacity.ts';
import { requestOf } from './cases.ts';
import { stopAll } from './child.ts';
import { measureDatabase, type DatabaseCosts } from './database-costs.ts';
import { fillPostgres, fillSqlite } from './fill-database.ts';
import { makeHome } from './home.ts';
import { median } from './median.ts';
import { startPostgresServer, type PostgresServer } from './postgres-server.ts';
import { measureSteps, type Steps } from './steps.ts';
import { load } from './wrk.ts';

/**
 * All measurements and a description of the machine, as in docs/scale.json. docs/scale.md uses no other measurements.
 */
export interface Figures {
  readonly machine: {
    readonly node: string;
    readonly cores: number;
    readonly model: string;
    readonly postgres: string;
    /** The load average before the measurement. Above 0.5, other programs distort the figures. */
    readonly loadBefore: number;
  };
  /** Microseconds of processor time that a bare node:http server needs for a request and its answer. */
  readonly http: number;
  readonly steps: Steps;
  readonly sqlite: DatabaseCosts;
  readonly postgres: DatabaseCosts;
  readonly capacity: Capacity;
}

const file = new URL('../docs/scale.json', import.meta.url);

export async function readFigures(): Promise<Figures> {
  return JSON.parse(await readFile(file, 'utf8')) as Figures;
}

/** Writes docs/scale.json. Numbers are rounded to three digits, because more digits would only be noise in a diff. */
export async function writeFigures(figures: Figures): Promise<void> {
  const rounded = (_key: string, value: unknown): unknown =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(3)) : value;
  await writeFile(file, `${JSON.stringify(figures, rounded, 2)}\n`);
}

export interface MeasureOptions {
  /** Seconds of load for each measurement. */
  readonly seconds: number;
  readonly rounds: number;
  /** The path of bin/dockpass.js of the measured build. */
  readonly bin: string;
  readonly say: (text: string) => void;
}

export async function measureFigures({ seconds, rounds, bin, say }: MeasureOptions): Promise<Figures> {
  const [loadBefore = 0] = loadavg();
  const directory = await mkdtemp(join(tmpdir(), 'dockpass-scale-'));
  const server = await startPostgresServer();
  try {
    say('measuring the steps of a request');
    const steps = await measureSteps(rounds * 5, directory);
    say('filling two databases');
    const sqliteFile = join(directory, 'filled.db');
    const filled = await server.newDatabase();
    await fillSqlite(sqliteFile);
    await fillPostgres(filled);
    say(`measuring SQLite (${(statSync(sqliteFile).size / 1e6).toFixed(0)} MB) and PostgreSQL`);
    const sqlite = await measureDatabase(sqliteFile, rounds, () => 0);
    const postgres = await measureDatabase(filled, rounds, server.cpuTime);
    say('measuring one, two and four processes');
    return {
      machine: {
        node: process.versions.node,
        cores: cpus().length,
        model: cpus()[0]?.model.trim() ?? '',
        postgres: server.version,
        loadBefore,
      },
      steps,
      sqlite,
      postgres,
      ...(await measureProcesses(server, bin, seconds, rounds)),
    };
  } finally {
    await stopAll();
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function measureProcesses(server: PostgresServer, bin: string, seconds: number, rounds: number) {
  const url = await server.newDatabase();
  const home = await makeHome(bin, [`database: ${url}`]);
  try {
    const first = home.start();
    await first.line(/token server ready/);
    const request = requestOf('same scope', home.target);
    const { bodyLength } = await ask(home.origin, request);
    await first.stop();
    const bare = await startBare(bodyLength);
    const costs: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const before = bare.cpuTime();
      const { perSecond } = await load(bare.origin, request, seconds, home.directory);
      if (round > 0) costs.push((bare.cpuTime() - before) / (perSecond * seconds));
    }
    await bare.stop();
    const capacity = await measureCapacity(home, { url, server }, { seconds, rounds });
    return { http: median(costs), capacity };
  } finally {
    await home.remove();
  }
}
