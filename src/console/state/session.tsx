import { createContext, type ComponentChildren } from 'preact';
import { useContext, useEffect, useMemo, useState } from 'preact/hooks';
import { call, whenSessionEnds } from '../api/client.ts';
import type { ApiError } from '../api/problem.ts';
import type { Me } from '../api/types.ts';

/** What the console knows about the person who uses it. */
export type SessionState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly error: ApiError }
  | { readonly kind: 'signed out'; readonly because?: 'ended' }
  | { readonly kind: 'signed in'; readonly me: Me; readonly sessionId: string };

/** The answer of `GET /session`. Both are null if no one is signed in. */
interface CurrentSession {
  readonly id: string | null;
  readonly me: Me | null;
}

export interface SessionControl {
  readonly state: SessionState;
  /** Reads who is signed in, again. */
  refresh(): Promise<void>;
  signIn(name: string, password: string): Promise<void>;
  signOut(): Promise<void>;
}

const SessionContext = createContext<SessionControl | undefined>(undefined);

/** Knows who is signed in, and notices if the session ends. */
export function SessionProvider({ children }: { readonly children: ComponentChildren }) {
  const [state, setState] = useState<SessionState>({ kind: 'loading' });
  const control = useMemo(() => createControl(setState), []);
  useEffect(() => {
    whenSessionEnds(() =>
      setState((old) => (old.kind === 'signed in' ? { kind: 'signed out', because: 'ended' } : old)),
    );
    void control.refresh();
  }, [control]);
  const value = useMemo(() => ({ state, ...control }), [state, control]);
  return <SessionContext.Provider value={value}>{children}</SessionContext.Provider>;
}

function createControl(setState: (state: SessionState) => void): Omit<SessionControl, 'state'> {
  const refresh = async (): Promise<void> => {
    try {
      // GET /me would answer 401 to someone who is not signed in, which browsers report as an error.
      const { data } = await call<CurrentSession>('GET', '/session');
      setState(
        data.me === null || data.id === null
          ? { kind: 'signed out' }
          : { kind: 'signed in', me: data.me, sessionId: data.id },
      );
    } catch (error) {
      setState({ kind: 'failed', error: error as ApiError });
    }
  };
  return {
    refresh,
    signIn: async (name, password) => {
      await call('POST', '/session', { body: { name, password } });
      await refresh();
    },
    signOut: async () => {
      await call('DELETE', '/session');
      setState({ kind: 'signed out' });
    },
  };
}

/** Returns the session. */
export function useSession(): SessionControl {
  const control = useContext(SessionContext);
  if (control === undefined) throw new Error('useSession needs a SessionProvider');
  return control;
}

export interface Person extends Me {
  readonly isAdministrator: boolean;
  /** The id of the session of this browser. */
  readonly sessionId: string;
}

/** Returns the person who is signed in. Only screens may call it: they exist only for people who are signed in. */
export function useMe(): Person {
  const { state } = useSession();
  if (state.kind !== 'signed in') throw new Error('useMe needs a person who is signed in');
  const { me, sessionId } = state;
  return { ...me, sessionId, isAdministrator: me.kind === 'user' && me.role === 'admin' };
}
