import { TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';
import { claimAtSynth } from '../../terraform/claim-at-synth';
import { addressesOverlap } from '../../validation/addresses';
import { show } from '../../validation/check';
import type { Check } from '../../validation/check';

/**
 * Port of this machine, and the purpose that a message gives for it.
 *
 * @internal
 */
export interface PortUse {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly purpose: string;
}

/**
 * Names and ports that the units of one platform use on this machine.
 *
 * @internal
 */
export class UnitClaims {
  private readonly units = new Map<string, IConstruct>();
  private readonly ports = new Map<number, string>();

  /** Names of all units, in the order in which they were claimed. */
  public get names(): string[] {
    return [...this.units.keys()];
  }

  /**
   * Claims the name of a unit and the ports that it listens on.
   *
   * @throws ValidationError when the name or one of the ports is claimed already
   */
  public claim(check: Check, unit: string, ports: readonly PortUse[]): void {
    const present = this.units.get(unit);
    if (present !== undefined) {
      check.refuse('id', {
        problem: `the name "${unit}" is already that of ${present.node.path}`,
        allowed: 'different ids',
      });
    }
    this.units.set(unit, check.scope);
    ports.forEach((use) => this.claimPort(check, use));
  }

  private claimPort(check: Check, use: PortUse): void {
    const { port, purpose } = use;
    const present = this.ports.get(port);
    if (present !== undefined) {
      check.refuse('platform', {
        problem: `port ${port} for ${purpose} is already used by ${present}`,
        allowed: 'a different port for each',
        remedy: `${SET_PORTS} A second Redis needs a LocalPlatform of its own, with the cluster that uses it. A second front needs one as well, and upstream: Upstream.servers([…]).`,
      });
    }
    this.ports.set(port, purpose);
    this.claimOfMachine(check, use);
  }

  /** Finds another platform of the stack on the same port. Stacks may be deployed one at a time, or on two machines. */
  private claimOfMachine({ scope }: Check, { addresses, port, purpose }: PortUse): void {
    const claim = { scope, value: { units: this as UnitClaims, addresses, purpose } };
    claimAtSynth(TerraformStack.of(scope), `port ${port} of this machine`, claim, (earlier) => {
      const { units, purpose: present } = earlier.value;
      const clashes = addresses.some((each) =>
        earlier.value.addresses.some((other) => addressesOverlap(each, other)),
      );
      return units !== this && clashes
        ? {
            property: 'platform',
            problem: `port ${port} for ${purpose} is already used by ${present} (${earlier.scope.node.path})`,
            allowed: 'different ports for the LocalPlatforms of a stack',
            remedy: SET_PORTS,
          }
        : undefined;
    });
  }
}

const SET_PORTS =
  'Set firstPort of the cluster, or httpsPort, httpPort or redisPort of the LocalPlatform.';

/** State folders of all platforms of an app, as they are reached from a stack's folder. */
const stateFolders = new WeakMap<IConstruct, Map<string, IConstruct>>();

/**
 * Claims a state folder for one platform of the app. In a shared one, the roster and `destroy` of each platform would
 * end what belongs to the other.
 *
 * @param stateDir - the folder as the user wrote it
 * @param folder - the folder as it is reached from the stack's folder
 * @internal
 * @throws ValidationError when another platform of the app uses the folder
 */
export function claimStateFolder(check: Check, stateDir: string, folder: string): void {
  const { root } = check.scope.node;
  const folders = stateFolders.get(root) ?? new Map<string, IConstruct>();
  stateFolders.set(root, folders);
  const present = folders.get(folder);
  if (present !== undefined) {
    check.refuse('stateDir', {
      problem: `${show(stateDir)} is already the folder of ${present.node.path}`,
      allowed: 'a different folder for each LocalPlatform',
    });
  }
  folders.set(folder, check.scope);
}

/**
 * State folders of all platforms of the app, as they are reached from a stack's folder.
 *
 * @internal
 */
export function stateFoldersOf(scope: IConstruct): string[] {
  return [...(stateFolders.get(scope.node.root)?.keys() ?? [])].sort();
}
