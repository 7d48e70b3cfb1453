import { z } from 'zod';
import { openKeyStore } from '../../../../admin/keys/key-store.ts';
import { rotateKeys } from '../../../../admin/keys/keys.ts';
import { pageOf, pageQuery, readPage, selectPage } from '../../paging.ts';
import { defineRoute, ok, type Api, type Route } from '../../route.ts';

const keySchema = z
  .object({
    name: z.string().meta({ description: '`authority`, or the id (`kid`) of a signing key' }),
    use: z.enum([
      'certifies leaves',
      'certifies leaves elsewhere',
      'signs tokens',
      'will sign tokens',
      'verifies tokens',
    ]),
    algorithm: z.string(),
    from: z.iso.datetime(),
    until: z.iso.datetime(),
  })
  .meta({ id: 'Key' });

/** The keys in their order: the certificate authority, and then the signing keys, oldest first. */
function keysOf({ keys }: Pick<Api, 'keys'>) {
  return keys.list().map((key, at) => ({ ...key, place: String(at).padStart(6, '0') }));
}

export const keys: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/keys',
    tag: 'Keys',
    summary: 'List the certificate authority and the signing keys',
    access: 'administrator',
    query: z.strictObject(pageQuery),
    answers: { 200: z.object({ items: z.array(keySchema), next: z.string().nullable() }) },
    handle: async ({ query, api }) => {
      const page = readPage(query);
      const keyOf = ({ place }: { place: string }) => [place];
      const found = selectPage(keysOf(api), page, keyOf, ({ name }) => name);
      return pageOf(found, page, keyOf, ({ place: _place, ...key }) => key);
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/keys/rotate',
    tag: 'Keys',
    summary: 'Create a new signing key. Servers sign with it within two seconds',
    access: 'administrator',
    body: z.strictObject({
      trustClock: z.boolean().default(false).meta({
        description: 'Create the key although the clock seems to be wrong, because you have checked it',
      }),
    }),
    answers: { 200: keySchema },
    errors: ['clock_implausible', 'key_files', 'key_secret'],
    handle: async ({ body: { trustClock }, api }) => {
      const { store, config, clock } = api;
      const open = { keyStore: await openKeyStore(config, store), store };
      const name = await rotateKeys(open, config, clock, trustClock ? 'clock' : undefined);
      // Load the new key now, so that the answer and the next GET show it.
      await api.keys.refresh();
      const { place: _place, ...key } = keysOf(api).find((known) => known.name === name) ?? failMissing(name);
      return ok(key);
    },
  }),
];

function failMissing(name: string): never {
  throw new Error(`the new signing key ${name} is not in the key ring`);
}
