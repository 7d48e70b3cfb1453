import { dockpassHome, startServe, type DockpassServer } from '../dockpass/dockpass.ts';
import type { Ran } from '../process/run.ts';

/** What a command printed and returned, without the parts that differ between two databases. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface BothWays {
  readonly server: DockpassServer;
  /** The variables with which a command uses the API of the server, as the administrator `boss`. */
  readonly remoteEnv: Readonly<Record<string, string>>;
  /** Runs a command on a database, and on the API of a server with another database. Returns both outcomes. */
  run(args: readonly string[], input?: string): Promise<{ local: Outcome; remote: Outcome }>;
}

const password = 'correct horse battery';

/** Creates two databases with the same administrator. A server uses one of them. */
export async function startBothWays(config: Readonly<Record<string, unknown>> = {}): Promise<BothWays> {
  const server = await startServe({ config });
  const home = await dockpassHome({ config });
  for (const { must } of [server, home]) {
    await must(['user', 'add', 'boss', '--role', 'admin', '--password-stdin'], { input: password });
  }
  const created = [server, home].map(({ must }) =>
    must(['token', 'create', 'remote', '--user', 'boss', '--api']),
  );
  const [onServer] = await Promise.all(created);
  const remoteEnv = { DOCKPASS_URL: server.url, DOCKPASS_TOKEN: onServer?.stdout.trim() ?? '' };
  // Without a folder of its own, the remote command could read the configuration or the database of the server.
  const elsewhere = await dockpassHome({ database: false });
  return {
    server,
    remoteEnv,
    run: async (args, input) => {
      const options = input === undefined ? {} : { input };
      const [local, remote] = await Promise.all([
        home.cli(args, options),
        elsewhere.cli(args, { ...options, env: remoteEnv }),
      ]);
      return { local: outcomeOf(local), remote: outcomeOf(remote) };
    },
  };
}

function outcomeOf({ status, stdout, stderr }: Ran): Outcome {
  return { status, stdout: normalized(stdout), stderr: normalized(stderr) };
}

/**
 * Replaces what differs between two installations: secrets, times, ids, and the line on stderr that says where the
 * command works.
 */
function normalized(text: string): string {
  return (
    text
      .replace(/\bdp[pr]_\w+/g, 'SECRET')
      .replace(/^[A-Za-z0-9]{28}$/gm, 'PASSWORD')
      .replace(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?Z/g, 'TIME')
      .replace(/^(TIME )[0-9a-z]{12} /gm, '$1ID ')
      .replace(/^(?:Database: |no running server; |using the settings of the running server).*\n/gm, '')
      // The remote token was used, and the same token in the other database was not.
      .replace(/"lastUsed(?:From)?": (?:null|"[^"]*")/g, '"lastUsed": …')
      .replace(/never {2,}|TIME from 127\.0\.0\.1 {2,}/g, 'LAST USE  ')
  );
}
