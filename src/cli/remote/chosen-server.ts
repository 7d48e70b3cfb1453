import type { Command } from 'commander';
import { DockpassError } from '../../errors.ts';

/** The options that decide where a command works. */
interface ServerOptions {
  readonly url?: string;
  readonly config?: string;
}

/** A server that the user named, and where, for error messages. */
export interface ChosenServer {
  readonly text: string;
  readonly source: '--url' | 'DOCKPASS_URL';
}

/**
 * Returns the server that `--url` or DOCKPASS_URL names. Returns undefined if the command works on the database of this
 * machine. That is also the case with `--config`, because an option counts more than an environment variable.
 * @throws DockpassError `bad_usage` if both options are given
 */
export function chosenServer(command: Command): ChosenServer | undefined {
  const { url, config } = command.optsWithGlobals<ServerOptions>();
  if (url !== undefined && config !== undefined)
    throw new DockpassError(
      'bad_usage',
      'give --url or --config, not both: a server uses its own configuration',
    );
  if (url !== undefined) return { text: url, source: '--url' };
  const text = process.env['DOCKPASS_URL'] ?? '';
  return text === '' || config !== undefined ? undefined : { text, source: 'DOCKPASS_URL' };
}
