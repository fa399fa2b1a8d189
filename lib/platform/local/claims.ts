import type { Check } from '../../validation/check';

/**
 * Which port of this machine is whose, within one stack.
 *
 * @internal
 */
export class PortLedger {
  private readonly owners = new Map<number, string>();

  /** @throws ValidationError when it is somebody else's already */
  public claim(check: Check, port: number, purpose: string): void {
    const owner = this.owners.get(port);
    if (owner !== undefined) {
      check.refuse('platform', {
        problem: `port ${port} is wanted for ${purpose} and is that of ${owner} already`,
        allowed: 'a port of its own for each',
        remedy:
          'Set firstPort of the cluster, or httpsPort, httpPort or redisPort of the LocalPlatform; a second front or Redis needs a LocalPlatform of its own.',
      });
    }
    this.owners.set(port, purpose);
  }
}
