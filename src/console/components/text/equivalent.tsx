import Terminal from 'lucide-static/icons/square-terminal.svg';
import { apiBase } from '../../api/client.ts';
import { CopyableCode } from './copyable.tsx';

export interface EquivalentCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The path below `/auth/api/v1`, built with `pathTo`. */
  readonly path: string;
  readonly body?: unknown;
}

export interface EquivalentProps {
  /** A command of the command line. Quote values with {@link quoted}. */
  readonly command?: string;
  readonly api: EquivalentCall;
}

/** Shows the command and the API call that do the same as this page. */
export function Equivalent({ command, api }: EquivalentProps) {
  return (
    <details class="equivalent">
      <summary>
        <Terminal />
        {command === undefined ? 'Equivalent API call' : 'Equivalent command and API call'}
      </summary>
      {command !== undefined && <CopyableCode text={command} />}
      <CopyableCode text={curlOf(api)} label="Copy API call" />
      <p class="field-hint">
        <code>$DOCKPASS_TOKEN</code> is an access token that was created with <code>--api</code>.
      </p>
    </details>
  );
}

/** Writes a call of the API as a command of curl. */
export function curlOf({ method, path, body }: EquivalentCall): string {
  return [
    'curl',
    ...(method === 'GET' ? [] : ['-X', method]),
    ...['-H', '"Authorization: Bearer $DOCKPASS_TOKEN"'],
    ...(body === undefined
      ? []
      : ['-H', "'Content-Type: application/json'", '-d', quoted(JSON.stringify(body))]),
    quoted(location.origin + apiBase + path),
  ].join(' ');
}

/** Quotes a text for the shell if it has a character that is special there. */
export function quoted(text: string): string {
  return /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
