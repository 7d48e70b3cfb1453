import RotateCw from 'lucide-static/icons/rotate-cw.svg';
import Key from 'lucide-static/icons/key-round.svg';
import { useState } from 'preact/hooks';
import { call } from '../../api/client.ts';
import { useList } from '../../api/use-list.ts';
import { ListView } from '../../components/data/list-view.tsx';
import { Alert } from '../../components/feedback/alert.tsx';
import { ConfirmDialog } from '../../components/feedback/confirm-dialog.tsx';
import { EmptyState } from '../../components/feedback/states.tsx';
import { Button } from '../../components/form/button.tsx';
import { CheckField } from '../../components/form/fields.tsx';
import { Page, Section } from '../../components/layout/page.tsx';
import { Badge } from '../../components/text/badge.tsx';
import { CopyableCode } from '../../components/text/copyable.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { Time } from '../../components/text/time.tsx';
import { ApiError } from '../../api/problem.ts';
import { useToast } from '../../state/toasts.tsx';

interface KeyItem {
  /** `authority`, or the id of a signing key. */
  readonly name: string;
  readonly use:
    | 'certifies leaves'
    | 'certifies leaves elsewhere'
    | 'signs tokens'
    | 'will sign tokens'
    | 'verifies tokens';
  readonly algorithm: string;
  readonly from: string;
  readonly until: string;
}

const uses: Readonly<
  Record<KeyItem['use'], { readonly kind: 'good' | 'accent' | 'neutral'; readonly text: string }>
> = {
  'certifies leaves': { kind: 'accent', text: 'certificate authority' },
  'certifies leaves elsewhere': { kind: 'accent', text: 'certificate authority of your own PKI' },
  'signs tokens': { kind: 'good', text: 'signs tokens' },
  'will sign tokens': { kind: 'neutral', text: 'signs soon' },
  'verifies tokens': { kind: 'neutral', text: 'verifies older tokens' },
};

/** The keys and certificates that sign tokens. */
export function Keys() {
  const list = useList<KeyItem>('/keys');
  const [isRotating, setRotating] = useState(false);
  return (
    <Page
      title="Keys and certificates"
      lead="Registries trust the certificate authority. It certifies the signing keys, which are replaced before they expire, without a change at the registries."
      actions={
        <Button kind="primary" Icon={RotateCw} onClick={() => setRotating(true)}>
          Rotate signing key
        </Button>
      }
    >
      <ListView
        list={list}
        caption="Keys and certificates"
        keyOf={({ name }) => name}
        columns={[
          {
            label: 'Key',
            isName: true,
            render: ({ name }) =>
              name === 'authority' ? 'Certificate authority' : <code class="wrap">{name}</code>,
          },
          { label: 'Use', render: ({ use }) => <Badge kind={uses[use].kind}>{uses[use].text}</Badge> },
          { label: 'Algorithm', render: ({ algorithm }) => algorithm },
          { label: 'Valid from', render: ({ from }) => <Time value={from} /> },
          { label: 'Valid until', render: ({ until }) => <Time value={until} withDistance /> },
        ]}
        empty={
          <EmptyState Icon={Key} title="There are no keys">
            Create them with <code>dockpass keys create --new-authority</code>, or restore a backup.
          </EmptyState>
        }
      />
      <Section
        title="What registries need"
        lead="The trust bundle contains the certificate of the certificate authority. Each registry reads it at its start, from the file in its setting auth.token.rootcertbundle."
      >
        <CopyableCode text="dockpass keys export > rootcertbundle.pem" />
        <p class="muted">
          To replace the certificate authority itself, run <code>dockpass keys rotate --authority</code> on
          the server: each registry must be restarted in between, so it is not a button here.
        </p>
      </Section>
      <Equivalent command="dockpass keys list" api={{ method: 'GET', path: '/keys' }} />
      {isRotating && (
        <RotateDialog
          onClose={() => setRotating(false)}
          onDone={() => {
            setRotating(false);
            void list.reload();
          }}
        />
      )}
    </Page>
  );
}

/** Creates a new signing key. If the clock of the server seems to be wrong, a person must confirm it. */
function RotateDialog({ onClose, onDone }: { onClose(): void; onDone(): void }) {
  const toast = useToast();
  const [fault, setFault] = useState<string>();
  const [trustClock, setTrustClock] = useState(false);
  return (
    <ConfirmDialog
      title="Rotate the signing key"
      confirm="Rotate signing key"
      kind="primary"
      onClose={onClose}
      onConfirm={async () => {
        try {
          const { data } = await call<KeyItem>('POST', '/keys/rotate', { body: { trustClock } });
          toast(`The new signing key ${data.name} was created.`);
        } catch (error) {
          if (error instanceof ApiError && error.code === 'clock_implausible') setFault(error.message);
          throw error;
        }
        onDone();
      }}
    >
      <p>
        All servers sign with a new key within two seconds. Tokens of the old key stay valid until they
        expire. You need not change or restart the registries.
      </p>
      {fault !== undefined && (
        <>
          <Alert kind="warning" title="The clock of the server seems to be wrong">
            A key that is created with a wrong clock can expire too early or be rejected by registries.
          </Alert>
          <CheckField
            label="I have checked that the clock is right"
            value={trustClock}
            onValue={setTrustClock}
          />
        </>
      )}
      <Equivalent
        command={`dockpass keys rotate${trustClock ? ' --trust-clock' : ''}`}
        api={{ method: 'POST', path: '/keys/rotate', body: { trustClock } }}
      />
    </ConfirmDialog>
  );
}
