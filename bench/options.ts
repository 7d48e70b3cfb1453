import { parseArgs } from 'node:util';
import { cases, type Case } from './cases.ts';
import { peerAt, type Peer } from './peer-target.ts';
import { wholeNumber } from './whole-number.ts';

export interface Options {
  readonly json: boolean;
  /** Seconds of load for each measurement. */
  readonly seconds: number;
  /** How often everything is measured; the table shows medians. */
  readonly rounds: number;
  readonly cases: readonly Case[];
  /** The build that is measured. */
  readonly bin: string;
  readonly peer: Peer | undefined;
}

export const usage = `npm run bench -- [--json] [--seconds 3] [--rounds 5] [--case NAME]… [--bin FILE]
                 [--peer URL [--peer-login NAME:PASSWORD]]

  --case NAME  Measure only this case, can be repeated (${cases.map(({ name }) => JSON.stringify(name)).join(', ')})
  --bin FILE   Measure another build, by its bin/dockpass.js
  --peer URL   Also measure another token server, by the URL of its endpoint, such as http://127.0.0.1:5001/auth?service=registry`;

export function readOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      json: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '5' },
      case: { type: 'string', multiple: true, default: [] },
      bin: { type: 'string', default: new URL('../bin/dockpass.js', import.meta.url).pathname },
      peer: { type: 'string' },
      'peer-login': { type: 'string' },
    },
  });
  return {
    json: values.json,
    seconds: wholeNumber('--seconds', values.seconds),
    rounds: wholeNumber('--rounds', values.rounds),
    cases: chosenCases(values.case),
    bin: values.bin,
    peer: values.peer === undefined ? undefined : peerAt(values.peer, values['peer-login']),
  };
}

/** Returns the named cases, or all if no name is given. @throws TypeError if there is no such case */
export function chosenCases(names: readonly string[]): readonly Case[] {
  const unknown = names.find((name) => !cases.some((entry) => entry.name === name));
  if (unknown !== undefined) throw new TypeError(`unknown case ${JSON.stringify(unknown)}`);
  return names.length === 0 ? cases : cases.filter(({ name }) => names.includes(name));
}
