import { join } from 'node:path';
import { AgentError } from './agent-error';
import { keyPair } from './certificate';
import type { Fleet } from './fleet';
import { requireFreePorts } from './free-ports';
import { linesSince, logSize } from './log-file';
import { makeRelease, pruneReleases, removeRelease } from './nginx-release';
import { nginxOptions } from './nginx-options';
import {
  makeCurrent,
  nginxCommand,
  nginxFolders,
  nginxPrefix,
  reload,
  RELOAD_MS,
} from './nginx-runnable';
import { nginxTest } from './nginx-test';
import type { NginxRequest } from './requests';
import { roll } from './roll';
import { hostAndPort, quoted, seconds, sleep } from './text';
import type { Endpoint, Say } from './text';
import type { Unit } from './unit';
import type { NginxSpec } from './unit-record';

/** Tests a configuration, swaps it in and reloads, or starts nginx with it. */
export async function bringNginx(fleet: Fleet, request: NginxRequest, say: Say): Promise<void> {
  const { unit: name, executable, listen } = request;
  const prefix = nginxPrefix(fleet.state, name);
  await fleet.exclusively(name, 'nginx', async (unit) => {
    const previous = unit.spec?.kind === 'nginx' ? unit.spec : undefined;
    nginxFolders(prefix);
    const tls = request.certificate && keyPair(request.certificate, fleet.state, name, say);
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
      await bring(fleet, unit, previous, next, say);
    } catch (error) {
      if (release.made) {
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
  say: Say,
): Promise<void> {
  const { name, process } = unit;
  const prefix = nginxPrefix(fleet.state, name);
  const unchanged = previous?.release === next.release && previous.executable === next.executable;
  if (process && unchanged) {
    if ((await unit.untilHealthy(Date.now() + 5000)) === undefined) {
      say(
        `${name}: release ${next.release} is unchanged and served on ${places(next)}, nothing to do`,
      );
      return;
    }
    say(`${name}: unchanged, but not healthy`);
  }

  await nginxTest(
    nginxCommand(next, prefix, `releases/${next.release}/nginx.conf`),
    prefix,
    name,
    say,
  );
  const reason = process && previous ? whyNotReload(previous, next) : undefined;
  if (!process || !previous || reason !== undefined || !unit.healthy) {
    if (reason !== undefined) {
      say(`${name}: ${reason}: nginx has to be restarted, which closes its connections`);
    }
    await roll(fleet, unit, next, unchanged, say);
    return;
  }
  await requireFreePorts(fleet, unit, next.listen);
  await swap(unit, previous, next, prefix, say);
}

/** Changes the configuration of a running nginx, without closing a connection. */
async function swap(
  unit: Unit,
  previous: NginxSpec,
  next: NginxSpec,
  prefix: string,
  say: Say,
): Promise<void> {
  const { name, process } = unit;
  if (!process) {
    throw new Error(`${name} does not run`);
  }
  const log = join(prefix, 'logs', 'error.log');
  const logStart = logSize(log);
  const begun = Date.now();
  say(`${name}: reloading nginx (pid ${process.ref.pid}) with release ${next.release} …`);
  unit.propose(next);
  makeCurrent(prefix, next.release);
  reload(process.ref);
  const failure = await servesWithin(unit, RELOAD_MS);
  if (failure === undefined) {
    unit.confirm();
    say(
      `${name}: release ${next.release} is served on ${places(next)} after ${seconds(Date.now() - begun)}; ` +
        'open connections stay with the old workers until they close',
    );
    return;
  }
  const complaints = linesSince(log, logStart, 200)
    .map((line) => /\[(?:emerg|alert|crit|error)\].*/.exec(line)?.[0].replace(/\] \d+#\d+: /, '] '))
    .filter((line) => line !== undefined);
  unit.withdraw();
  makeCurrent(prefix, previous.release);
  reload(process.ref);
  const relapse = await servesWithin(unit, RELOAD_MS);
  throw new AgentError(
    `${name}: nginx accepted the configuration in its test, but did not take it on reload: ${failure}. ` +
      (relapse === undefined
        ? `The old one (release ${previous.release}) serves on.`
        : `The old one (release ${previous.release}) was put back, but ${relapse}.`) +
      (complaints.length > 0 ? ` From its error log:\n${quoted(complaints.slice(-10))}` : ''),
  );
}

/** Waits until nginx answers with the new release; twice, since an old worker may still take a connection. */
async function servesWithin(unit: Unit, milliseconds: number): Promise<string | undefined> {
  const deadline = Date.now() + milliseconds;
  const failure = await unit.untilHealthy(deadline);
  if (failure !== undefined) {
    return failure;
  }
  await sleep(20);
  return unit.untilHealthy(deadline);
}

/** Why a running nginx cannot be brought to a specification by a reload; undefined when it can. */
function whyNotReload(previous: NginxSpec, next: NginxSpec): string | undefined {
  if (previous.executable !== next.executable) {
    return `the program changes from ${previous.executable} to ${next.executable}`;
  }
  if (JSON.stringify(previous.options) !== JSON.stringify(next.options)) {
    return 'its command line changes';
  }
  const isWildcard = ({ address }: Endpoint) => address === '0.0.0.0' || address === '::';
  for (const endpoint of next.listen) {
    const clash = previous.listen.find(
      (each) =>
        each.port === endpoint.port &&
        each.address !== endpoint.address &&
        (isWildcard(each) || isWildcard(endpoint)),
    );
    // nginx opens new sockets before it closes old ones, and these two exclude each other.
    if (clash && !previous.listen.some((each) => hostAndPort(each) === hostAndPort(endpoint))) {
      return `it moves from ${hostAndPort(clash)} to ${hostAndPort(endpoint)}`;
    }
  }
  return undefined;
}

function places({ listen }: NginxSpec): string {
  return listen.map(hostAndPort).join(', ');
}
