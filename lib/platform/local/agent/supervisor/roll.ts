import { AgentError, messageOf } from '../system/agent-error';
import type { Fleet } from './fleet';
import { awaitFreePorts, checkFreePorts } from './free-ports';
import { runnable } from '../units/runnables';
import { hostAndPort, quote, seconds } from '../system/text';
import type { Report } from '../system/text';
import type { Unit } from './unit';
import type { UnitSpec } from './unit-record';

/** Failed start of a unit. */
interface Failure {
  readonly reason: string;
  /** Lines that the unit wrote to its log meanwhile. */
  readonly lines: readonly string[];
}

/**
 * Brings a unit to a specification by replacing its process: stops the old one and starts the new one.
 *
 * If the new one does not become healthy, the old one is started again and the roll fails. Without an old one nothing
 * is left running.
 *
 * @param unchanged - whether the old specification is the same, so that starting it again is not another attempt
 */
export async function roll(
  fleet: Fleet,
  unit: Unit,
  next: UnitSpec,
  unchanged: boolean,
  report: Report,
): Promise<void> {
  const { name, spec: previous } = unit;
  const { listen } = runnable(name, next, fleet.state);
  await checkFreePorts(fleet, unit, listen);

  if (unit.process) {
    await stopOld(unit, report);
  } else {
    await unit.clear();
  }
  let failure: Failure | undefined;
  try {
    await awaitFreePorts(fleet, unit, listen);
    unit.propose(next);
    failure = await attempt(unit, report);
  } catch (error) {
    failure = { reason: messageOf(error), lines: [] };
  }
  if (!failure) {
    unit.confirm();
    return;
  }

  const lines = failure.lines.length > 0 ? `\n${quote(failure.lines)}` : '';
  await unit.stop();
  if (previous && unchanged) {
    unit.withdraw();
    throw new AgentError(
      `${name} is unchanged, but does not become healthy: ${failure.reason}. The agent keeps restarting it.` +
        (lines && ` The last lines of its log:${lines}`),
    );
  }
  if (!previous) {
    unit.remove();
    throw new AgentError(
      `${name} could not be started: ${failure.reason}. It has been stopped again.` +
        (lines && ` The last lines of its log:${lines}`),
    );
  }
  report(`${name}: failed (${failure.reason}), putting the old one back …`);
  unit.withdraw();
  const relapse = await attempt(unit, report);
  throw new AgentError(
    `${name} could not be updated to its new specification: ${failure.reason}. ` +
      (relapse
        ? `The old one was put back, but is not healthy either: ${relapse.reason}. The agent keeps restarting it.`
        : 'The old one is back and healthy.') +
      (lines && ` The last lines of the new one's log:${lines}`),
  );
}

async function stopOld(unit: Unit, report: Report): Promise<void> {
  const begun = Date.now();
  const grace = unit.runnable?.stopGraceMs ?? 0;
  report(`${unit.name}: stopping the old one (pid ${unit.process?.ref.pid}) …`);
  if ((await unit.stop()) === 'killed') {
    report(`${unit.name}: it did not stop within ${seconds(grace)} and was killed`);
  } else {
    report(`${unit.name}: stopped after ${seconds(Date.now() - begun)}`);
  }
}

/** Starts a unit as specified, and waits until it is healthy. */
async function attempt(unit: Unit, report: Report): Promise<Failure | undefined> {
  const plan = unit.runnable;
  const logStart = unit.logSize();
  const begun = Date.now();
  try {
    await unit.start();
  } catch (error) {
    return { reason: messageOf(error).replace(/\.$/, ''), lines: [] };
  }
  report(`${unit.name}: started (pid ${unit.process?.ref.pid ?? 'gone already'})`);
  const reason = await unit.untilHealthy(begun + (plan?.health.startTimeoutMs ?? 0));
  if (reason !== undefined) {
    return { reason, lines: unit.logSince(logStart) };
  }
  const endpoints = (plan?.listen ?? []).map(hostAndPort).join(', ');
  report(`${unit.name}: healthy on ${endpoints} after ${seconds(Date.now() - begun)}`);
  return undefined;
}
