import type { Route } from '../route.ts';

/** Returns the routes whose path has parameters and also fits this path: `/trust/{name}` for `/trust/test`. */
export function findMoreGeneral(routes: readonly Route[], path: string): readonly Route[] {
  return path.includes('{') ? [] : routes.filter((other) => other.path !== path && fits(path, other.path));
}

/** The methods of HTTP that a route answers. */
export function methodsOf({ method }: Route): readonly string[] {
  return method === 'GET' ? ['GET', 'HEAD'] : [method];
}

function fits(path: string, general: string): boolean {
  const [parts, generalParts] = [path.split('/'), general.split('/')];
  return (
    parts.length === generalParts.length &&
    generalParts.every((part, at) => part.startsWith('{') || part === parts[at])
  );
}
