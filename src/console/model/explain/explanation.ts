/** The answer of `POST /explain`. */
export interface Explanation {
  readonly realm: {
    readonly kind: 'public' | 'private';
    readonly host: string;
    readonly because: 'public domain' | 'not a public domain' | 'external url';
  };
  readonly who: {
    readonly kind: 'anonymous' | 'user' | 'robot' | 'ci';
    readonly name: string;
    readonly through: string;
  };
  readonly note?: string | null;
  readonly scopes: readonly ExplainedScope[];
  readonly token?: {
    readonly access: readonly {
      readonly type: string;
      readonly name: string;
      readonly actions: readonly string[];
    }[];
    readonly expiresIn: number;
  } | null;
  readonly refusal?: { readonly code: string; readonly message: string } | null;
}

export interface ExplainedScope {
  readonly scope: string;
  readonly actions: readonly string[];
  readonly missing: readonly string[];
  readonly reason: string;
  readonly by: readonly string[];
}

/** Why the host belongs to its kind of domain. */
export const realmReasons: Readonly<Record<Explanation['realm']['because'], string>> = {
  'public domain': 'an entry of publicDomains matches this host',
  'not a public domain': 'no entry of publicDomains matches this host',
  'external url': 'all requests belong to the domain in externalUrl',
};

/** Names who sends the request: `user alice, by password`. */
export function describeWho({ kind, name, through }: Explanation['who']): string {
  const who = kind === 'anonymous' ? 'a client without a login' : kind === 'ci' ? name : `${kind} ${name}`;
  if (kind === 'anonymous') return who;
  return through.startsWith('no login') ? `${who}: ${through}` : `${who}, by ${through}`;
}

export interface Verdict {
  readonly kind: 'success' | 'warning' | 'error';
  readonly title: string;
}

/** Sums up an explanation in one sentence. */
export function verdictOf({ who, scopes, refusal }: Explanation): Verdict {
  const subject = who.kind === 'anonymous' ? 'A client without a login' : who.name;
  if (refusal != null) return { kind: 'error', title: `${subject} is denied: ${refusal.message}` };
  const missing = [...new Set(scopes.flatMap((scope) => scope.missing))];
  const granted = [...new Set(scopes.flatMap((scope) => scope.actions))];
  if (granted.length === 0) return { kind: 'error', title: `${subject} gets nothing` };
  if (missing.length > 0)
    return { kind: 'warning', title: `${subject} gets ${listOf(granted)}, but not ${listOf(missing)}` };
  return { kind: 'success', title: `${subject} gets ${listOf(granted)}` };
}

function listOf(actions: readonly string[]): string {
  const names = actions.includes('*') ? ['everything'] : actions;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
