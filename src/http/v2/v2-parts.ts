import type { VerifyRegistryToken } from '../../token/verify-token.ts';
import type { ApiParts, SharedParts } from '../api/api.ts';

/** Everything that the endpoints under `/v2/` need. */
export interface V2Parts extends ApiParts, SharedParts {
  readonly verify: VerifyRegistryToken;
}
