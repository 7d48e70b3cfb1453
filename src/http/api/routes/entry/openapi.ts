import { z } from 'zod';
import { versionOfPackage } from '../../../../admin/people/me.ts';
import { importLate } from '../../../../errors.ts';
import { defineRoute, ok, type Route } from '../../route.ts';

/**
 * Creates the route of the OpenAPI document.
 * @param allRoutes returns all routes of the API, also this one
 */
export function openapi(allRoutes: () => readonly Route[]): readonly Route[] {
  let document: Promise<unknown> | undefined;
  return [
    defineRoute({
      method: 'GET',
      path: '/openapi.json',
      tag: 'API',
      summary: 'Show the OpenAPI document of the API',
      access: 'signed in',
      answers: { 200: z.looseObject({ openapi: z.string() }) },
      handle: async () => {
        // Loaded late, because the library that generates the document is needed for nothing else.
        document ??= importLate(() => import('../../openapi/document.ts'))
          .then(({ createOpenApi }) => createOpenApi(allRoutes(), versionOfPackage()))
          .catch((error: unknown) => {
            document = undefined;
            throw error;
          });
        return ok(await document);
      },
    }),
  ];
}
