import { existsSync } from 'node:fs';
import { DockpassError } from '../../errors.ts';
import { parseDomain } from '../../realm/domain.ts';
import { openTerminal } from '../terminal/terminal.ts';
import { edgeKinds, isEdgeKind, type EdgeKind } from './edge-kinds.ts';

/** The values that `init` needs. They come from flags, or from a person who answers questions at the terminal. */
export interface InitAnswers {
  readonly publicDomain: readonly string[];
  readonly privateDomain: readonly string[];
  readonly edge: EdgeKind;
  /** The port on which the edge listens. If undefined, the port in the setting `up.port` applies. */
  readonly port: string | undefined;
  /** The certificate of the edge: `self-signed`, `off` (no TLS), or the paths of two PEM files as CERTIFICATE,KEY. */
  readonly tls: string;
  /** The path of the configuration file of an existing registry. Undefined if there is no registry yet. */
  readonly registryConfig: string | undefined;
  /** The path of the htpasswd file of the existing registry. The users in this file can log in to dockpass. */
  readonly htpasswd: string | undefined;
}

/** Parses an answer that a person typed. @throws Error whose message says which answers are valid */
type AnswerParser<Value> = (answer: string) => Value;
type Ask = <Value>(question: string, parse: AnswerParser<Value>) => Promise<Value>;

/**
 * Asks all questions of `init` at the terminal. If the person presses Enter without an answer, the default in brackets
 * applies. If an answer is invalid, asks the same question again.
 * @throws DockpassError `not_confirmed` if the person ends the input (Ctrl-D)
 * @throws EndedEarly if the person presses Ctrl-C
 */
export async function askInitQuestions(): Promise<InitAnswers> {
  const terminal = openTerminal();
  const ask: Ask = async (question, parse) => {
    for (;;) {
      const answer = await terminal.ask(`${question} `);
      if (answer === undefined)
        throw new DockpassError(
          'not_confirmed',
          'nothing was written, because not all questions were answered',
        );
      try {
        return parse(answer.trim());
      } catch (error) {
        process.stderr.write(`  ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
  };
  try {
    return await askAll(ask);
  } finally {
    terminal.close();
  }
}

async function askAll(ask: Ask): Promise<InitAnswers> {
  const publicDomain = await ask(
    'Public domains, under which anyone may pull (put commas between several domains; press Enter for none):',
    domains,
  );
  const privateDomain = await ask(
    'Private domains, under which people log in and push (put commas between several domains; press Enter for all domains that are not public):',
    domains,
  );
  const edge = await ask(`Which reverse proxy do you use: ${edgeKinds.join(', ')} [caddy]?`, edgeKind);
  const port = await ask('On which port does the reverse proxy listen [5001]?', portNumber);
  const tls = await ask(
    'Which certificate does the reverse proxy use? Answer self-signed, CERTIFICATE,KEY (the paths of two PEM files), or off if another proxy in front of it handles TLS [self-signed]:',
    certificate,
  );
  const registryConfig = await ask(
    'Path of the configuration file of your registry, if a registry already runs (press Enter if no registry runs):',
    fileOrNone,
  );
  const htpasswd = await ask(
    "Path of the registry's htpasswd file. Press Enter if there is no such file. Also press Enter if the configuration file of the registry already contains this path:",
    fileOrNone,
  );
  return { publicDomain, privateDomain, edge, port, tls, registryConfig, htpasswd };
}

const domains: AnswerParser<string[]> = (answer) => {
  const names = answer.split(/[\s,]+/).filter((name) => name !== '');
  for (const name of names) {
    try {
      parseDomain(name);
    } catch (cause) {
      throw new Error(
        `${name} is not a valid domain. Examples: hub.example.com, *.pub.example.com, hub.example.com:8443`,
        {
          cause,
        },
      );
    }
  }
  return names;
};

const edgeKind: AnswerParser<EdgeKind> = (answer) => {
  const word = answer === '' ? 'caddy' : answer.toLowerCase();
  if (isEdgeKind(word)) return word;
  throw new Error(`answer with one of ${edgeKinds.join(', ')}`);
};

const portNumber: AnswerParser<string | undefined> = (answer) => {
  const port = Number(answer);
  if (answer === '' || (Number.isInteger(port) && port > 0 && port < 65536)) return answer || undefined;
  throw new Error('answer with a number from 1 to 65535');
};

const certificate: AnswerParser<string> = (answer) => {
  if (answer === '') return 'self-signed';
  if (answer === 'self-signed' || answer === 'off') return answer;
  const files = answer.split(',').map((file) => requireFile(file.trim()));
  if (files.length !== 2)
    throw new Error('answer with self-signed, off, or two PEM files with a comma between them');
  return files.join(',');
};

const fileOrNone: AnswerParser<string | undefined> = (answer) =>
  answer === '' ? undefined : requireFile(answer);

function requireFile(path: string): string {
  if (existsSync(path)) return path;
  throw new Error(`there is no file ${path}`);
}
