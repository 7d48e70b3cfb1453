// The answers of the routes about images. Times are RFC 3339 in UTC, sizes are in bytes.
import type { UsageCounts } from './usage-types.ts';

export type ManifestKind =
  'image' | 'index' | 'signature' | 'attestation' | 'sbom' | 'referrers' | 'chart' | 'artifact';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | null;
}

/** The image for one platform. */
export interface PlatformImage extends Platform {
  readonly digest: string;
  readonly size: number | null;
}

/** A signature, an SBOM or another manifest that refers to an image. */
export interface Referrer {
  readonly kind: ManifestKind;
  readonly tag: string | null;
  readonly digest: string | null;
  readonly artifactType: string | null;
}

interface ImageSummary {
  readonly kind: ManifestKind | null;
  readonly mediaType: string | null;
  readonly artifactType: string | null;
  readonly size: number | null;
  readonly created: string | null;
  readonly platforms: readonly PlatformImage[];
  readonly referrers: readonly Referrer[];
}

export interface TagItem extends ImageSummary {
  readonly name: string;
  /** Null if the manifest cannot be read. `problem` then says why. */
  readonly digest: string | null;
  readonly subject: string | null;
  readonly problem?: string;
  /** Null if no event of the registry named the tag. */
  readonly usage: UsageCounts | null;
}

export interface Descriptor {
  readonly digest: string;
  readonly mediaType: string;
  readonly size: number;
  readonly artifactType: string | null;
  readonly platform: Platform | null;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Manifest extends ImageSummary {
  readonly digest: string;
  readonly manifestSize: number;
  readonly subject: string | null;
  readonly config: Descriptor | null;
  readonly layers: readonly Descriptor[];
  readonly manifests: readonly (Descriptor & { readonly kind: ManifestKind })[];
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ImageConfig {
  readonly digest: string;
  readonly platform: Platform | null;
  readonly created: string | null;
  readonly author: string | null;
  readonly history: readonly HistoryStep[];
  /** The whole configuration. The person who pushed the image chose its content. */
  readonly document: Readonly<Record<string, unknown>>;
}

export interface HistoryStep {
  readonly created: string | null;
  readonly createdBy: string | null;
  readonly comment: string | null;
  /** The layer that the step added. Null if it changed only the configuration. */
  readonly layer: Pick<Descriptor, 'digest' | 'mediaType' | 'size'> | null;
}

/** A repository, and what the person may do on it. */
export interface Repository {
  readonly name: string;
  readonly actions: readonly string[];
  /** True if anyone may pull it under a public domain. */
  readonly public: boolean;
}

/** What one login may do on a repository, and why. */
export interface Access {
  readonly name: string;
  readonly kind: 'anonymous' | 'user' | 'htpasswd user' | 'token' | 'robot' | 'ci';
  /** The user of an access token. */
  readonly user?: string;
  readonly domain: 'public' | 'private';
  readonly actions: readonly string[];
  readonly reason: string;
  /** The roles, grants and rules that decide. */
  readonly by: readonly string[];
  /** Groups of client addresses, as networks of rules. Null: every address. */
  readonly from: readonly (readonly string[])[] | null;
}
