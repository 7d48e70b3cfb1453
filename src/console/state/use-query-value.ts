import { useCallback } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';

/**
 * Reads a parameter of the address, and returns a function that changes it. A search is thus a link that can be sent to
 * someone else. The change replaces the entry in the browser's history.
 */
export function useQueryValue(name: string): [string, (value: string) => void] {
  const { url, route } = useLocation();
  const value = new URL(url, location.origin).searchParams.get(name) ?? '';
  const change = useCallback(
    (next: string) => {
      const target = new URL(location.href);
      if (next === '') target.searchParams.delete(name);
      else target.searchParams.set(name, next);
      route(target.pathname + target.search, true);
    },
    [name, route],
  );
  return [value, change];
}
