import type { ComponentChildren } from 'preact';
import { Button } from '../form/button.tsx';
import { CopyButton } from '../text/copyable.tsx';
import { Dialog } from './dialog.tsx';

export interface SecretOnceProps {
  /** For example `Access token laptop`. */
  readonly title: string;
  readonly secret: string;
  /** How to use the secret. */
  readonly children?: ComponentChildren;
  /** Called when the person has stored the secret. The caller must then forget it. */
  onDismiss(): void;
}

/**
 * Shows a secret once. When the person dismisses it, the secret leaves the page. Escape does not dismiss it, because the
 * secret would be lost.
 */
export function SecretOnce({ title, secret, children, onDismiss }: SecretOnceProps) {
  return (
    <Dialog title={title} onClose={() => {}} isPersistent>
      <div class="secret-once">
        <p>
          <strong>Store this secret now.</strong> It is shown only once. The server keeps only a hash of it.
        </p>
        <div class="secret-line">
          <code class="secret" data-secret>
            {secret}
          </code>
          <CopyButton text={secret} label="Copy secret" isProminent />
        </div>
        {children}
        <div class="form-buttons">
          <Button kind="secondary" onClick={onDismiss}>
            I have stored it
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
