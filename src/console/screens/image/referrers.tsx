import type { Referrer } from '../../api/image-types.ts';
import { DataTable } from '../../components/data/data-table.tsx';
import { Digest } from '../../components/image/digest.tsx';
import { Section } from '../../components/layout/page.tsx';
import { CopyableCode } from '../../components/text/copyable.tsx';
import { quoted } from '../../components/text/equivalent.tsx';
import { imageHref } from '../../model/images/addresses.ts';
import { kindNames, sortReferrers, toolOf } from '../../model/images/kinds.ts';
import { imageName } from '../../model/images/pull-commands.ts';

export interface ReferrersProps {
  readonly repository: string;
  readonly reference: string;
  readonly referrers: readonly Referrer[];
}

/** Signatures, attestations and SBOMs of an image. The console recognizes them, but it does not verify them. */
export function Referrers({ repository, reference, referrers }: ReferrersProps) {
  if (referrers.length === 0) return null;
  const signature = referrers.find(({ kind }) => kind === 'signature');
  const image = quoted(imageName({ host: location.host, repository, reference }));
  const isNotation = signature !== undefined && toolOf(signature) === 'Notation';
  return (
    <Section
      title="Signatures and attestations"
      lead="Other content of the registry that refers to this image. It is not verified here, because only you know whom you trust."
    >
      <DataTable
        caption="Signatures and attestations"
        rows={sortReferrers(referrers)}
        keyOf={({ digest, tag }) => `${digest ?? ''} ${tag ?? ''}`}
        columns={[
          {
            label: 'Kind',
            isName: true,
            render: ({ kind, digest, tag }) => (
              <a class="nowrap" href={imageHref(repository, tag ?? digest ?? '')}>
                {kindNames[kind]}
              </a>
            ),
          },
          {
            label: 'Format',
            render: (referrer) => (
              <span class="two-lines">
                <span>{toolOf(referrer) ?? 'not known'}</span>
                {referrer.artifactType !== null && <code class="muted">{referrer.artifactType}</code>}
              </span>
            ),
          },
          {
            label: 'Stored as',
            render: ({ digest, tag }) =>
              digest === null ? <ReferrerTag tag={tag ?? ''} /> : <Digest value={digest} />,
          },
        ]}
      />
      {signature !== undefined && (
        <>
          <p>To verify the signature, run:</p>
          <CopyableCode
            text={isNotation ? `notation verify ${image}` : `cosign verify --key cosign.pub ${image}`}
          />
        </>
      )}
    </Section>
  );
}

/** Tags of referrers contain a whole digest. Its beginning is enough to recognize it. */
function ReferrerTag({ tag }: { readonly tag: string }) {
  return (
    <code class="digest" title={tag}>
      {tag.replace(/^(sha\d+-[0-9a-f]{12})[0-9a-f]+/, '$1…')}
    </code>
  );
}
