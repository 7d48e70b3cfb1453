import { shortDigest } from '../../format/digest.ts';
import { CopyButton } from '../text/copyable.tsx';

/** A digest: shortened, whole in its title, and with a button that copies it. */
export function Digest({ value, href }: { readonly value: string; readonly href?: string }) {
  const code = (
    <code class="digest" title={value}>
      {shortDigest(value)}
    </code>
  );
  return (
    <span class="digest-line">
      {href === undefined ? code : <a href={href}>{code}</a>}
      <CopyButton text={value} label={`Copy digest ${shortDigest(value)}`} />
    </span>
  );
}
