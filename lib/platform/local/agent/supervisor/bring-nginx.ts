import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { AgentError } from '../system/agent-error';
import { resolveKeyPair } from '../nginx/certificate';
import type { Fleet } from './fleet';
import { checkFreePorts } from './free-ports';
import { linesSince, logSize } from '../system/log-file';
import { makeRelease, pruneReleases, removeRelease } from '../nginx/nginx-release';
import { nginxOptions } from '../nginx/nginx-options';
import {
  makeCurrent,
  nginxCommand,
  nginxFolders,
  nginxPrefix,
  reload,
  RELOAD_MS,
} from '../units/nginx-runnable';
import { nginxTest } from '../nginx/nginx-test';
import type { NginxRequest } from '../call/requests';
import { roll } from './roll';
import { hostAndPort, quote, seconds, sleep } from '../system/text';
import type { Endpoint, Report } from '../system/text';
import type { Unit } from './unit';
import type { NginxSpec } from './unit-record';

/** Brings nginx to its specification: tests the configuration, swaps it in and reloads, or starts nginx with it. */
export async function bringNginx(
  fleet: Fleet,
  request: NginxRequest,
  report: Report,
): Promise<void> {
  const { unit: name, executable, listen } = request;
  const prefix = nginxPrefix(fleet.state, name);
  await fleet.exclusively(name, 'nginx', async (unit) => {
    const previous = unit.spec?.kind === 'nginx' ? unit.spec : undefined;
    nginxFolders(prefix);
    const tls =
      request.certificate && resolveKeyPair(request.certificate, fleet.state, name, report);
    const release = makeRelease(prefix, request.configuration, tls);
    const next: NginxSpec = {
      kind: 'nginx',
      executable,
      options: await nginxOptions(executable, request.configuration),
      listen,
      release: release.name,
      recent: [release.name, ...(previous?.recent ?? [])],
    };
    try {
      await bring(fleet, unit, previous, next, report);
    } catch (error) {
      if (release.isNew) {
        removeRelease(prefix, release.name);
      }
      throw error;
    }
    unit.amend({ ...next, recent: pruneReleases(prefix, next.recent) });
  });
}

async function bring(
  fleet: Fleet,
  unit: Unit,
  previous: NginxSpec | undefined,
  next: NginxSpec,
  report: Report,
): Promise<void> {
  const { name, process } = unit;
  const prefix = nginxPrefix(fleet.state, name);
  const unchanged = previous?.release === next.release && previous.executable === next.executable;
  // An nginx that has just been started gets time to become healthy.
  if (process && (await unit.untilHealthy(Date.now() + 5000)) === undefined && unchanged) {
    report(
      `${name}: release ${next.release} is unchanged and served on ${endpoints(next)}, nothing to do`,
    );
    return;
  }

  await nginxTest(
    nginxCommand(next, prefix, `releases/${next.release}/nginx.conf`),
    prefix,
    name,
    report,
  );
  if (!process || !previous) {
    await roll(fleet, unit, next, unchanged, report);
    return;
  }
  const obstacle = (await whyNoAnswer(unit)) ?? whyNotReload(previous, next);
  if (obstacle !== undefined) {
    report(`${name}: ${obstacle}: nginx has to be restarted, which closes its connections`);
    await roll(fleet, unit, next, unchanged, report);
    return;
  }
  await checkFreePorts(fleet, unit, next.listen);
  await swap(unit, previous, next, prefix, report);
}

/** Changes the configuration of a running nginx without closing a connection. */
async function swap(
  unit: Unit,
  previous: NginxSpec,
  next: NginxSpec,
  prefix: string,
  report: Report,
): Promise<void> {
  const { name, process } = unit;
  if (!process) {
    throw new Error(`${name} does not run`);
  }
  const log = join(prefix, 'logs', 'error.log');
  const logStart = logSize(log);
  const begun = Date.now();
  report(`${name}: reloading nginx (pid ${process.ref.pid}) with release ${next.release} …`);
  unit.propose(next);
  makeCurrent(prefix, next.release);
  reload(process.ref);
  const complaints = () => complaintsSince(log, logStart, process.ref.pid);
  const failure = await waitForRelease(unit, () => complaints().length > 0);
  if (failure === undefined) {
    unit.confirm();
    report(
      `${name}: release ${next.release} is served on ${endpoints(next)} after ${seconds(Date.now() - begun)}; ` +
        'open connections stay with the old workers until they close',
    );
    return;
  }
  const reasons = complaints().slice(-10);
  unit.withdraw();
  makeCurrent(prefix, previous.release);
  reload(process.ref);
  const relapse = await waitForRelease(unit, () => false);
  throw new AgentError(
    `${name}: nginx accepted the configuration in its test, but did not apply it on reload` +
      `${reasons.length > 0 ? '' : ` (${failure})`}. ` +
      (relapse === undefined
        ? `The old one (release ${previous.release}) continues to serve.`
        : `The old one (release ${previous.release}) was put back, but ${relapse}.`) +
      (reasons.length > 0 ? ` From its error log:\n${quote(reasons)}` : ''),
  );
}

/**
 * Waits until nginx answers with the release that the unit should serve, and returns why it does not. It has to answer
 * so twice, since an old worker may still accept a connection.
 */
async function waitForRelease(unit: Unit, isRefused: () => boolean): Promise<string | undefined> {
  const deadline = Date.now() + RELOAD_MS;
  for (let confirmed = 0; ;) {
    const probe = await unit.runnable?.probe(RELOAD_MS / 5);
    confirmed = probe?.ok ? confirmed + 1 : 0;
    if (confirmed === 2) {
      return undefined;
    }
    if (isRefused() || Date.now() > deadline) {
      return `within ${seconds(RELOAD_MS)} its status socket showed ${probe?.seen ?? 'nothing'}`;
    }
    await sleep(20);
  }
}

/** Errors that the master has logged about a configuration that it could not apply. */
function complaintsSince(log: string, from: number, master: number): string[] {
  return linesSince(log, from, 200)
    .filter((line) => line.includes(`[emerg] ${master}#`))
    .map((line) => line.replace(/^.*\[emerg\] \S+ /, '[emerg] '));
}

/**
 * Reason why the outcome of a reload could not be observed; undefined if it can be. Having all connections in use is no
 * such reason: a reload with more of them may be the cure.
 */
async function whyNoAnswer(unit: Unit): Promise<string | undefined> {
  const pulse = await unit.runnable?.pulse(RELOAD_MS / 5);
  return pulse?.ok && pulse.code !== 'ENOENT'
    ? undefined
    : `its status socket is silent (${pulse?.seen})`;
}

/** Reason why a reload cannot bring a running nginx to a specification; undefined if it can. */
function whyNotReload(previous: NginxSpec, next: NginxSpec): string | undefined {
  if (previous.executable !== next.executable) {
    return `the program changes from ${previous.executable} to ${next.executable}`;
  }
  if (JSON.stringify(previous.options) !== JSON.stringify(next.options)) {
    return 'its command line changes';
  }
  const isWildcard = ({ address }: Endpoint) => address === '0.0.0.0' || address === '::';
  const isSameFamily = (one: Endpoint, other: Endpoint) =>
    isIPv6(one.address) === isIPv6(other.address);
  for (const endpoint of next.listen) {
    const clash = previous.listen.find(
      (each) =>
        each.port === endpoint.port &&
        each.address !== endpoint.address &&
        isSameFamily(each, endpoint) &&
        (isWildcard(each) || isWildcard(endpoint)),
    );
    // nginx opens new sockets before it closes old ones, and these two cannot be open at the same time.
    if (clash && !previous.listen.some((each) => hostAndPort(each) === hostAndPort(endpoint))) {
      return `it moves from ${hostAndPort(clash)} to ${hostAndPort(endpoint)}`;
    }
  }
  return undefined;
}

function endpoints({ listen }: NginxSpec): string {
  return listen.map(hostAndPort).join(', ');
}
