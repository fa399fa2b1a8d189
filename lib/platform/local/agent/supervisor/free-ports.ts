import { AgentError } from '../system/agent-error';
import type { Fleet } from './fleet';
import { groupOf } from '../system/processes';
import { bindFailure, portHolders } from '../system/ports';
import { hostAndPort, sleep } from '../system/text';
import { neighbourOf } from './neighbours';
import type { Endpoint } from '../system/text';
import type { Unit } from './unit';

/**
 * Checks that a unit can listen on endpoints. Those that it listens on already do not count, since it is stopped first.
 *
 * @throws AgentError naming the process that listens there
 */
export async function checkFreePorts(
  fleet: Fleet,
  unit: Unit,
  endpoints: readonly Endpoint[],
): Promise<void> {
  for (const endpoint of endpoints) {
    const failure = await bindFailure(endpoint);
    if (failure === undefined) {
      continue;
    }
    const problem = describe(fleet, unit, endpoint, failure);
    if (problem !== undefined) {
      throw new AgentError(`${unit.name}: ${problem}`);
    }
  }
}

/** Checks the same once the unit is stopped, and gives its ports a moment to become free. */
export async function awaitFreePorts(
  fleet: Fleet,
  unit: Unit,
  endpoints: readonly Endpoint[],
): Promise<void> {
  const deadline = Date.now() + 2000;
  for (;;) {
    const failures = await Promise.all(endpoints.map(bindFailure));
    if (failures.every((failure) => failure === undefined) || Date.now() > deadline) {
      break;
    }
    await sleep(50);
  }
  await checkFreePorts(fleet, unit, endpoints);
}

/** Reason why a unit cannot listen on an endpoint; undefined if it listens there itself. */
function describe(
  fleet: Fleet,
  unit: Unit,
  endpoint: Endpoint,
  failure: string,
): string | undefined {
  const where = hostAndPort(endpoint);
  if (failure === 'EADDRNOTAVAIL' || failure === 'ENOTFOUND') {
    return `${endpoint.address} is not an address of this machine, so nothing can listen on ${where}.`;
  }
  if (failure === 'EACCES') {
    return (
      `this user may not listen on ${where}: ports below 1024 belong to root. ` +
      'Choose a higher port, or deploy as root.'
    );
  }
  if (failure !== 'EADDRINUSE') {
    return `nothing can listen on ${where} (${failure}).`;
  }
  const processes = unit.groupRef ? groupOf(unit.groupRef) : [];
  if (processes.length > 0 && portHolders(endpoint.port, processes).length > 0) {
    return undefined;
  }
  // A process of another user may not be visible.
  const [holder] = portHolders(endpoint.port);
  if (!holder) {
    return `the port ${where} is taken by another process. Stop that, or choose another port.`;
  }
  const sibling = fleet.ownerOf(holder.pid);
  if (sibling) {
    return (
      `the port ${where} is taken by the unit ${sibling.name} of the same platform (pid ${holder.pid}). ` +
      'If that unit moves to another port or is removed in this same deployment, deploy twice: ' +
      'first free the port, then use it. Or choose a port that no unit uses.'
    );
  }
  const neighbour = neighbourOf(fleet.state, holder.pid);
  if (neighbour) {
    return `the port ${where} is taken by ${neighbour}`;
  }
  return (
    `the port ${where} is taken by ${holder.name} (pid ${holder.pid}). ` +
    'Stop that process, or choose another port.'
  );
}
