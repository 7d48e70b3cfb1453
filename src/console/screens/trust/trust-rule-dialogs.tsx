import { call, pathTo } from '../../api/client.ts';
import type { TrustRule } from '../../api/trust-types.ts';
import { Alert } from '../../components/feedback/alert.tsx';
import { ConfirmDialog } from '../../components/feedback/confirm-dialog.tsx';
import { quoted } from '../../components/text/equivalent.tsx';
import { Time } from '../../components/text/time.tsx';
import { visible } from '../../model/visible-text.ts';
import { pinnedClaims } from '../../model/trust/pins.ts';
import { subjectOf } from '../../model/trust/subject.ts';
import { useToast } from '../../state/toasts.tsx';
import { ClaimTable } from './claim-table.tsx';

export interface TrustRuleDialogProps {
  readonly rule: TrustRule;
  readonly etag: string | undefined;
  onDone(): void;
  onClose(): void;
}

/** Confirms a rule that waits: shows which values the rule will require from then on. */
export function ConfirmRule({ rule, etag, onDone, onClose }: TrustRuleDialogProps) {
  const toast = useToast();
  const { name, candidate } = rule;
  const path = `${pathTo('trust', name)}/confirm`;
  if (candidate === null) return null;
  return (
    <ConfirmDialog
      title={`Confirm ${name}?`}
      confirm={`Confirm ${name}`}
      kind="primary"
      equivalent={{ command: `dockpass trust confirm ${quoted(name)}`, api: { method: 'POST', path } }}
      onClose={onClose}
      onConfirm={async () => {
        await call('POST', path, { etag });
        toast(`The trust rule ${name} is in force.`);
        onClose();
        onDone();
      }}
    >
      <p>
        From now on, a token must have exactly these values, in addition to what the rule requires. Names can
        be given to someone else later, but these values cannot.
      </p>
      <ClaimTable caption="Values that are fixed" claims={pinnedClaims(rule, candidate)} />
      <p>
        They come from the first token that matched, on <Time value={candidate.seenAt} />, from the address{' '}
        <code>{candidate.address}</code>. Confirm only if you started that job.
      </p>
      {rule.warnings.length > 0 && (
        <Alert kind="warning" title="Check this first">
          <ul class="bullets">
            {rule.warnings.map((text) => (
              <li key={text}>{visible(text)}</li>
            ))}
          </ul>
        </Alert>
      )}
    </ConfirmDialog>
  );
}

/** Removes a rule of the database. */
export function RemoveRule({ rule: { name }, etag, onDone, onClose }: TrustRuleDialogProps) {
  const toast = useToast();
  const path = pathTo('trust', name);
  return (
    <ConfirmDialog
      title={`Remove ${name}?`}
      confirm={`Remove ${name}`}
      typed={name}
      equivalent={{ command: `dockpass trust remove ${quoted(name)}`, api: { method: 'DELETE', path } }}
      onClose={onClose}
      onConfirm={async () => {
        await call('DELETE', path, { etag });
        toast(`The trust rule ${name} was removed.`);
        onClose();
        onDone();
      }}
    >
      <p>
        Jobs that log in as <code>{subjectOf(name)}</code> cannot log in any more, and their sessions end. It
        cannot be undone.
      </p>
    </ConfirmDialog>
  );
}
