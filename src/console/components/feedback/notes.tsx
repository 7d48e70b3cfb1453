import { visible } from '../../model/visible-text.ts';
import { Alert, type AlertProps } from './alert.tsx';

export interface NotesProps {
  readonly kind?: AlertProps['kind'];
  readonly title: string;
  readonly texts: readonly string[];
}

/** A message with a list of sentences. Shows nothing if there are none. */
export function Notes({ kind = 'warning', title, texts }: NotesProps) {
  if (texts.length === 0) return null;
  return (
    <Alert kind={kind} title={title}>
      <ul class="bullets">
        {texts.map((text) => (
          <li key={text} class="wrap">
            {visible(text)}
          </li>
        ))}
      </ul>
    </Alert>
  );
}
