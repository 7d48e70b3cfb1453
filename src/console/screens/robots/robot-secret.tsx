import { SecretOnce } from '../../components/feedback/secret-once.tsx';
import { CopyableCode } from '../../components/text/copyable.tsx';
import { quoted } from '../../components/text/equivalent.tsx';

export interface RobotSecretProps {
  readonly name: string;
  readonly secret: string;
  onDismiss(): void;
}

/** Shows the new secret of a robot once. */
export function RobotSecret({ name, secret, onDismiss }: RobotSecretProps) {
  return (
    <SecretOnce title={`Secret of the robot ${name}`} secret={secret} onDismiss={onDismiss}>
      <p>The machine logs in with this command, which reads the secret from the standard input:</p>
      <CopyableCode text={`docker login ${location.host} -u ${quoted(name)} --password-stdin`} />
    </SecretOnce>
  );
}
