import type { ReachableDomain } from '../domains.ts';
import type { Probe } from '../probe.ts';
import { basicAtTheEdge } from './basic-at-the-edge.ts';
import { bodySize } from './body-size.ts';
import { clientAddress } from './client-address.ts';
import { clientWrites } from './client-writes.ts';
import { immutableTags } from './immutable-tags.ts';
import { robotLogin } from './robot-login.ts';
import { slowUpload } from './slow-upload.ts';
import { uploadsStream } from './uploads-stream.ts';

/** The checks of what a client does through one domain: log in, push, pull and delete. */
export const clientProbes: readonly Probe<ReachableDomain>[] = [
  robotLogin,
  clientAddress,
  basicAtTheEdge,
  clientWrites,
  immutableTags,
  bodySize,
  uploadsStream,
  slowUpload,
];
