import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { DockpassError } from '../../errors.ts';
import { parseDomain } from '../../realm/domain.ts';
import { edgeKinds, isEdgeKind, type EdgeKind } from './edge-files.ts';

/** What `init` has to know: asked for, or given by flags. */
export interface InitAnswers {
  readonly publicDomain: readonly string[];
  readonly privateDomain: readonly string[];
  readonly edge: EdgeKind;
  /** Undefined: as the settings have it. */
  readonly port: string | undefined;
  /** `self-signed`, `off` or CERTIFICATE,KEY. */
  readonly tls: string;
  /** The configuration file of a registry that runs already. */
  readonly registryConfig: string | undefined;
  /** A file of users that are to log in as they did. */
  readonly htpasswd: string | undefined;
}

/** Reads an answer. @throws Error that says what is wanted instead */
type Reader<Value> = (answer: string) => Value;
type Ask = <Value>(question: string, read: Reader<Value>) => Promise<Value>;

/**
 * Asks on the terminal for everything; Enter is the answer in brackets. An answer that cannot be right is asked for
 * again, so nothing is written before all of them are.
 * @throws DockpassError `not_confirmed` where the person leaves
 */
export async function askInitQuestions(): Promise<InitAnswers> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const left = new AbortController();
  terminal.once('close', () => left.abort());
  const ask: Ask = async (question, read) => {
    for (;;) {
      const answer = await terminal.question(`${question} `, { signal: left.signal });
      try {
        return read(answer.trim());
      } catch (error) {
        process.stderr.write(`  ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
  };
  try {
    return await askAll(ask);
  } catch (cause) {
    if (!left.signal.aborted) throw cause;
    throw new DockpassError('not_confirmed', 'nothing was written, because not all was answered', { cause });
  } finally {
    terminal.close();
  }
}

async function askAll(ask: Ask): Promise<InitAnswers> {
  const publicDomain = await ask(
    'Under which names may anyone pull (several: commas between; none: Enter)?',
    domains,
  );
  const privateDomain = await ask(
    'Under which names do people log in and push (several: commas between; any other name: Enter)?',
    domains,
  );
  const edge = await ask(`What stands in front, ${edgeKinds.join(', ')} [caddy]?`, edgeKind);
  const port = await ask('On which port does it listen [5001]?', portNumber);
  const tls = await ask(
    'Its certificate: self-signed, CERTIFICATE,KEY (two PEM files), or off behind a TLS proxy [self-signed]?',
    certificate,
  );
  const registryConfig = await ask(
    'Does a registry run already? Its configuration file (no: Enter):',
    fileOrNone,
  );
  const htpasswd = await ask(
    'Does an htpasswd file hold its users, who shall log in as before (no, or named in that configuration: Enter)?',
    fileOrNone,
  );
  return { publicDomain, privateDomain, edge, port, tls, registryConfig, htpasswd };
}

const domains: Reader<string[]> = (answer) => {
  const names = answer.split(/[\s,]+/).filter((name) => name !== '');
  for (const name of names) {
    try {
      parseDomain(name);
    } catch (cause) {
      throw new Error(
        `${name} is no name such as hub.example.com, *.pub.example.com or hub.example.com:8443`,
        {
          cause,
        },
      );
    }
  }
  return names;
};

const edgeKind: Reader<EdgeKind> = (answer) => {
  const word = answer === '' ? 'caddy' : answer.toLowerCase();
  if (isEdgeKind(word)) return word;
  throw new Error(`answer ${edgeKinds.join(', ')}`);
};

const portNumber: Reader<string | undefined> = (answer) => {
  const port = Number(answer);
  if (answer === '' || (Number.isInteger(port) && port > 0 && port < 65536)) return answer || undefined;
  throw new Error('answer a number from 1 to 65535');
};

const certificate: Reader<string> = (answer) => {
  if (answer === '') return 'self-signed';
  if (answer === 'self-signed' || answer === 'off') return answer;
  const files = answer.split(',').map((file) => existing(file.trim()));
  if (files.length !== 2)
    throw new Error('answer self-signed, off, or two PEM files with a comma between them');
  return files.join(',');
};

const fileOrNone: Reader<string | undefined> = (answer) => (answer === '' ? undefined : existing(answer));

function existing(path: string): string {
  if (existsSync(path)) return path;
  throw new Error(`there is no file ${path}`);
}
