import type { Robot } from '../../api/types.ts';
import { Badge } from '../../components/text/badge.tsx';

/** Whether a robot can log in. */
export function RobotState({ robot: { disabled, expires } }: { readonly robot: Robot }) {
  if (disabled) return <Badge kind="danger">Disabled</Badge>;
  if (expires !== null && new Date(expires).getTime() <= Date.now())
    return <Badge kind="danger">Expired</Badge>;
  return <Badge kind="good">Active</Badge>;
}
