import { createReadStream } from 'node:fs';
import { DockpassError, messageOf } from '../../errors.ts';
import { isJwtForm, jwtFormWanted } from '../../admin/trust/decode-claims.ts';
import { Secret } from '../../secret.ts';

/** The largest file that is read. A JWT of a CI platform has 1.5 to 3 kB. */
const maxLength = 64 * 1024;

/**
 * Reads a JWT from a file, or from standard input if the path is `-`. Spaces and line breaks around it do not count.
 * @throws DockpassError `bad_usage`
 */
export async function readJwt(path: string): Promise<Secret> {
  // A JWT in the arguments would be visible in the list of processes. The message must not repeat it.
  if (/^eyJ[\w-]*\./.test(path))
    throw new DockpassError(
      'bad_usage',
      'the argument is a JWT, but everyone on this machine can read the arguments of a command: write the JWT to a file, or send it to standard input and give -',
    );
  if (path === '-' && process.stdin.isTTY)
    throw new DockpassError(
      'bad_usage',
      'standard input is a terminal: send the JWT to it, as in: echo "$JWT" | dockpass trust test -',
    );
  const text = (await readText(path)).trim();
  if (!isJwtForm(text))
    throw new DockpassError(
      'bad_usage',
      `${describe(path)} ${text === '' ? 'is empty' : 'does not contain a JWT'}: ${jwtFormWanted}`,
    );
  return new Secret(text);
}

async function readText(path: string): Promise<string> {
  const source = path === '-' ? process.stdin : createReadStream(path);
  let text = '';
  try {
    for await (const chunk of source.setEncoding('utf8') as AsyncIterable<string>) {
      text += chunk;
      if (text.length > maxLength) break;
    }
  } catch (cause) {
    throw new DockpassError('bad_usage', `cannot read ${describe(path)}: ${messageOf(cause)}`, { cause });
  }
  if (text.length > maxLength)
    throw new DockpassError('bad_usage', `${describe(path)} is too long for a JWT: give only the JWT`);
  return text;
}

function describe(path: string): string {
  return path === '-' ? 'standard input' : path;
}
