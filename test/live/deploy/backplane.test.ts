// The backplane taken out of a running stack and put back: instances are restarted one after another, Redis stops last
// and starts first, and whoever asks meanwhile is answered.
import {
  AiwmCluster,
  AiwmService,
  NginxWsFrontend,
  RedisAdapterBackplane,
  TlsCertificate,
} from 'cdktf-aiwm';
import { chatService } from '../../../examples/chat-service';
import { cleanUp } from '../../support/machine/clean-up';
import { Crowd } from '../../support/front/crowd';
import { Deployment, type Describe } from '../../support/agent/deployment';
import { request } from '../../support/front/http';
import { isAlive } from '../../support/agent/left-over';
import { say } from '../../support/machine/say';
import { steadyRequests } from '../../support/front/steady-requests';
import { sleep, waitFor } from '../../support/machine/wait';

const INSTANCES = [1, 2, 3];

let deployment: Deployment;
let crowd: Crowd;
let ca: string;

const stackWith =
  (options: { backplane: boolean; version?: string }): Describe =>
  (stack) => {
    const platform = deployment.platform(stack);
    const cluster = new AiwmCluster(stack, 'Aiwm', {
      platform,
      backplane: options.backplane
        ? new RedisAdapterBackplane(stack, 'Backplane', { platform })
        : undefined,
      service: AiwmService.command(chatService.commandLine!, {
        workingDirectory: chatService.workingDirectory,
        version: options.version,
      }),
      instances: INSTANCES.length,
      firstPort: deployment.ports.firstInstance,
    });
    new NginxWsFrontend(stack, 'Frontend', {
      cluster,
      serverName: 'localhost',
      tls: TlsCertificate.selfSigned(),
    });
  };

/** Asks every instance again and again; the function that is returned tells how many were down at one time, at worst. */
function watchHealth(): () => Promise<number> {
  let running = true;
  let worst = 0;
  const loop = (async () => {
    while (running) {
      const answers = await Promise.all(
        INSTANCES.map((instance) =>
          request(`${deployment.instanceUrl(instance)}/health`, { timeoutMs: 2_000 }).then(
            ({ status }) => status === 200,
            () => false,
          ),
        ),
      );
      worst = Math.max(worst, answers.filter((healthy) => !healthy).length);
      await sleep(10);
    }
  })();
  return async () => {
    running = false;
    await loop;
    return worst;
  };
}

/** Applies a change of all instances under load. */
async function roll(describe: Describe) {
  const before = deployment.pids();
  const plan = await deployment.plan(describe);
  const stopRequests = steadyRequests(`${deployment.url}/dev/aiwm/instance`, 20, { ca });
  const stopWatching = watchHealth();
  const output = await deployment.apply(describe);
  const worst = await stopWatching();
  // Whatever nginx holds against an instance that was away, it still holds now.
  await sleep(1_000);
  const requests = await stopRequests();
  await crowd.clients.waitUntilConnected();
  say(
    `${requests.sent} requests, ${JSON.stringify(requests.failures)} failed, ` +
      `the slowest took ${requests.slowestMs.toFixed(0)} ms; at most ${worst} instance down`,
  );
  return { plan, output, requests, worst, before, after: deployment.pids() };
}

/** Where the lines stand in Terraform's output, which has them in the order of the events. */
function expectInOrder(output: string, ...lines: string[]): void {
  const places = lines.map((line) => output.indexOf(line));
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
}

beforeAll(async () => {
  deployment = await Deployment.create();
  await deployment.apply(stackWith({ backplane: true }));
  ({ ca } = deployment);
  crowd = await Crowd.connect(deployment.url, { ca });
});

afterAll(async () => {
  await cleanUp();
  await deployment.dispose();
});

test('a broadcast reaches the clients of all instances', async () => {
  await crowd.clients.all[0]!.broadcast('with a backplane');
  await crowd.clients.waitUntilReceived('with a backplane');
});

test('toggling the backplane off restarts instances one by one, then stops Redis; no request fails', async () => {
  const redis = deployment.pid('backplane');
  const { plan, output, requests, worst, before, after } = await roll(
    stackWith({ backplane: false }),
  );
  expect(plan).toEqual({
    Aiwm_Instance1: 'replace',
    Aiwm_Instance2: 'replace',
    Aiwm_Instance3: 'replace',
    Backplane_Redis: 'delete',
    Frontend_Nginx: 'replace',
    Platform_Roster: 'replace',
  });
  expectInOrder(
    output,
    'aiwm-1: stopping',
    'aiwm-1: healthy',
    'aiwm-2: stopping',
    'aiwm-2: healthy',
    'aiwm-3: stopping',
    'aiwm-3: healthy',
    'frontend: reloading',
    'backplane: stopping',
  );
  expect(worst).toBe(1);
  expect(isAlive(redis)).toBe(false);
  expect(after['frontend']).toBe(before['frontend']);
  expect(requests.failures).toEqual({});
});

test('toggling it on starts Redis, then restarts instances one by one; no request fails, and a broadcast reaches all', async () => {
  const { plan, output, requests, worst, before, after } = await roll(
    stackWith({ backplane: true }),
  );
  expect(plan).toEqual({
    Aiwm_Instance1: 'replace',
    Aiwm_Instance2: 'replace',
    Aiwm_Instance3: 'replace',
    Backplane_Redis: 'create',
    Frontend_Nginx: 'replace',
    Platform_Roster: 'replace',
  });
  expectInOrder(
    output,
    'backplane: healthy',
    'aiwm-1: stopping',
    'aiwm-1: healthy',
    'aiwm-2: stopping',
    'aiwm-2: healthy',
    'aiwm-3: stopping',
    'aiwm-3: healthy',
    'frontend: reloading',
  );
  expect(worst).toBe(1);
  expect(after['frontend']).toBe(before['frontend']);
  expect(requests.failures).toEqual({});
  await waitFor(
    async () => {
      const text = `again with a backplane ${Date.now()}`;
      await crowd.clients.all[0]!.broadcast(text);
      await crowd.clients.waitUntilReceived(text, 1_000);
      return true;
    },
    10_000,
    'a broadcast does not reach everybody',
  );
});

test('a new version of the service changes the instances alone, one by one; no request fails', async () => {
  const { plan, requests, worst, before, after } = await roll(
    stackWith({ backplane: true, version: '2' }),
  );
  expect(plan).toEqual({
    Aiwm_Instance1: 'replace',
    Aiwm_Instance2: 'replace',
    Aiwm_Instance3: 'replace',
  });
  expect(worst).toBe(1);
  expect({ frontend: after['frontend'], backplane: after['backplane'] }).toEqual({
    frontend: before['frontend'],
    backplane: before['backplane'],
  });
  expect(requests.failures).toEqual({});
});
