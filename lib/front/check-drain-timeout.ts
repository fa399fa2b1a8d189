import { checkDuration } from '../duration';
import type { FrontContext } from './front-context';

/**
 * How long old workers keep their connections.
 *
 * @internal
 */
export function checkDrainTimeout({ check, props, layout }: FrontContext): string {
  const { drainTimeout, platform } = props;
  if (layout.drainTimeout !== undefined && drainTimeout !== undefined) {
    check.refuse(
      'drainTimeout',
      `"${drainTimeout}" cannot be kept on ${platform.traits.name}: a changed configuration takes a new nginx, for which the old one has to go`,
      'no drainTimeout',
      `Set how long the old one may take at ${platform.node.path}.`,
    );
  }
  return (
    layout.drainTimeout ??
    checkDuration(check, 'drainTimeout', drainTimeout ?? '1h', '1s', '7d').text
  );
}
