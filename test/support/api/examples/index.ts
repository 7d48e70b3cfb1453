import type { Examples } from '../example.ts';
import { access } from './access.ts';
import { entry } from './entry.ts';
import { images } from './images.ts';
import { operations } from './operations.ts';
import { people } from './people.ts';
import { remote } from './remote.ts';
import { trust } from './trust.ts';

/** One request for each route of the API. */
export const examples: Examples = {
  ...entry,
  ...people,
  ...access,
  ...remote,
  ...images,
  ...operations,
  ...trust,
};
