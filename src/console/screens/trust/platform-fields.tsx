import type { PresetName } from '../../api/trust-types.ts';
import { TextField } from '../../components/form/fields.tsx';
import type { RuleDraft } from '../../model/trust/draft.ts';
import { platforms } from '../../model/trust/platforms.ts';

export interface DraftFieldsProps {
  readonly draft: RuleDraft;
  onChange(part: Partial<RuleDraft>): void;
  errorOf(member: string): string | undefined;
}

/** Asks for the repository or project of a platform, and for the branch and environment. */
export function ProjectFields({
  platform,
  draft,
  onChange,
  errorOf,
}: DraftFieldsProps & { readonly platform: PresetName }) {
  const words = platforms[platform];
  return (
    <>
      {words.server !== undefined && (
        <TextField
          label={words.server.label}
          isOptional
          hint={words.server.hint}
          placeholder={words.server.example}
          value={draft.server}
          onValue={(server) => onChange({ server })}
          error={errorOf('issuer')}
        />
      )}
      {platform === 'circleci' && (
        <TextField
          label="Organization id"
          hint="From the page Organization Settings, Overview."
          value={draft.organization}
          onValue={(organization) => onChange({ organization })}
          error={errorOf('issuer')}
        />
      )}
      <TextField
        label={words.project}
        hint={words.projectHint}
        placeholder={words.projectExample}
        value={draft.project}
        onValue={(project) => onChange({ project })}
        error={errorOf('when')}
      />
      <div class="field-grid">
        <TextField
          label="Branch"
          isOptional
          hint="Empty for all of them."
          placeholder="main"
          value={draft.branch}
          onValue={(branch) => onChange({ branch })}
        />
        <TextField
          label="Tag"
          isOptional
          hint="A Git tag, or a pattern."
          placeholder="v*"
          value={draft.tag}
          onValue={(tag) => onChange({ tag })}
          error={errorOf('tag')}
        />
        {words.hasEnvironments && (
          <TextField
            label="Environment"
            isOptional
            hint="Empty for all jobs."
            placeholder="production"
            value={draft.environment}
            onValue={(environment) => onChange({ environment })}
          />
        )}
      </div>
    </>
  );
}

/** Asks for an issuer that is none of the known platforms. */
export function IssuerFields({ draft, onChange, errorOf }: DraftFieldsProps) {
  return (
    <>
      <TextField
        label="Issuer"
        hint="The claim iss of its tokens, an https URL."
        placeholder="https://jenkins.example.com/oidc"
        value={draft.issuer}
        onValue={(issuer) => onChange({ issuer })}
        error={errorOf('issuer')}
      />
      <TextField
        label="Key set"
        isOptional
        hint="The https URL of the keys (JWKS), if the issuer has no discovery document."
        value={draft.jwks}
        onValue={(jwks) => onChange({ jwks })}
        error={errorOf('jwks')}
      />
    </>
  );
}
