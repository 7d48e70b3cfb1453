import type { createImageRegistries } from '../../admin/images/image-registry.ts';
import type { VerifyRegistryToken } from '../../token/verify-token.ts';
import type { ApiParts } from '../api/api.ts';

/** Everything that the endpoints under `/v2/` need. */
export interface V2Parts extends ApiParts {
  readonly images: ReturnType<typeof createImageRegistries>;
  readonly verify: VerifyRegistryToken;
}
