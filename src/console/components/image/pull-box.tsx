import { useState } from 'preact/hooks';
import { pullCommands, type PullCommand, type PullTarget } from '../../model/images/pull-commands.ts';
import { Segments } from '../form/segments.tsx';
import { CopyableCode } from '../text/copyable.tsx';

type Tool = PullCommand['tool'];

const key = 'dockpass-pull-tool';

function storedTool(): Tool {
  try {
    const stored = localStorage.getItem(key);
    return stored === 'podman' || stored === 'containerd' ? stored : 'docker';
  } catch {
    return 'docker';
  }
}

/** The commands that pull an image, for one client at a time. The browser remembers the choice. */
export function PullBox(target: Pick<PullTarget, 'repository' | 'reference' | 'user' | 'platform'>) {
  const [tool, setTool] = useState(storedTool);
  const commands = pullCommands({ ...target, host: location.host, isPlain: location.protocol === 'http:' });
  const shown = commands.find((command) => command.tool === tool);
  const choose = (next: Tool): void => {
    setTool(next);
    try {
      localStorage.setItem(key, next);
    } catch {
      // Without storage, the choice lasts until the page is loaded again.
    }
  };
  return (
    <div class="pull-box">
      <Segments<Tool>
        legend="Client"
        isLegendHidden
        value={tool}
        onValue={choose}
        choices={commands.map((command) => ({ value: command.tool, label: command.tool }))}
      />
      {shown !== undefined && (
        <>
          <CopyableCode text={shown.command} label={`Copy ${shown.tool} command`} />
          {shown.note !== undefined && <p class="field-hint">{shown.note}</p>}
        </>
      )}
    </div>
  );
}
