// Terraform killed in the middle, and parts taken out of a stack: what is not wanted any more does not run any more.
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret, TlsCertificate } from 'cdktf-aiwm';
import { testCertificate } from '../../support/front/certificate';
import { cleanUp } from '../../support/machine/clean-up';
import { Deployment } from '../../support/agent/deployment';
import { request, requestJson } from '../../support/front/http';
import { isAlive } from '../../support/agent/left-over';
import { smallStack } from '../../support/agent/small-stack';
import { sleep, waitFor } from '../../support/machine/wait';

const certificate = testCertificate('chat.example.test');

let deployment: Deployment;
beforeEach(async () => {
  deployment = await Deployment.create();
});
afterEach(async () => {
  await cleanUp();
  await deployment.dispose();
});

const slow = { MODE: 'slow', DELAY_MS: '3000' };

/** Lets an apply come to the start of a slow instance, and ends Terraform there. */
async function interrupt(
  signal: NodeJS.Signals,
  version: string,
  previous?: number,
): Promise<void> {
  const apply = await deployment.startApply(smallStack(deployment, { version, environment: slow }));
  await waitFor(
    () => deployment.pid('aiwm-1') !== previous,
    20_000,
    'the first instance is not being started',
  );
  apply.signal(signal);
  expect((await apply.done).code).not.toBe(0);
  expect(deployment.status()).toMatch(/aiwm-1 +instance +starting/);
}

test.each([
  ['killed (SIGKILL)', 'SIGKILL'],
  ['interrupted (Ctrl-C)', 'SIGINT'],
] as const)(
  'a first apply that was %s in the middle, then destroy: no process and no file is left',
  async (_, signal) => {
    await interrupt(signal, '1');
    const pids = [...Object.values(deployment.pids()), deployment.supervisor()];
    await deployment.destroy();
    expect(deployment.remains()).toEqual([]);
    expect(pids.filter(isAlive)).toEqual([]);
    // The call of the agent that Terraform left behind starts nothing anew.
    await sleep(1_500);
    expect(deployment.remains()).toEqual([]);
  },
);

test('a first apply that was killed in the middle, then another apply: everything serves', async () => {
  await interrupt('SIGKILL', '1');
  const describe = smallStack(deployment, { version: '2', instances: 2 });
  await deployment.apply(describe);
  expect(await deployment.plan(describe)).toEqual({});
  expect(Object.keys(deployment.pids())).toEqual(['aiwm-1', 'aiwm-2', 'frontend']);
  expect(await requestJson(`${deployment.url}/dev/aiwm/x`, { ca: deployment.ca })).toMatchObject({
    version: '2',
  });
});

test('a change that was killed in the middle: the others serve on, the next apply completes it', async () => {
  await deployment.apply(smallStack(deployment));
  const before = deployment.pids();
  await interrupt('SIGKILL', '2', before['aiwm-1']);
  for (const instance of [2, 3]) {
    expect(await requestJson(`${deployment.instanceUrl(instance)}/`)).toMatchObject({
      version: '1',
    });
  }
  // By an instance that serves on, or by the first one as soon as it has started.
  const { ca } = deployment;
  expect(await requestJson(`${deployment.url}/dev/aiwm/x`, { ca })).toMatchObject({
    version: expect.stringMatching(/^[12]$/),
  });

  const describe = smallStack(deployment, { version: '2' });
  await deployment.apply(describe);
  expect(await deployment.plan(describe)).toEqual({});
  expect(deployment.pids()['frontend']).toBe(before['frontend']);
  for (const instance of [1, 2, 3]) {
    expect(await requestJson(`${deployment.instanceUrl(instance)}/`)).toMatchObject({
      version: '2',
    });
  }
});

test('a destroy that was killed in the middle is completed by what it had begun, and by another destroy', async () => {
  await deployment.apply(smallStack(deployment, { instances: 1 }));
  const supervisor = deployment.supervisor();
  const destroy = deployment.startDestroy();
  await waitFor(() => !isAlive(supervisor), 20_000, 'the supervisor does not end');
  destroy.signal('SIGKILL');
  await destroy.done;
  await waitFor(
    () => deployment.remains().length === 0,
    30_000,
    () => `left: ${JSON.stringify(deployment.remains())}`,
  );
  await deployment.destroy();
  expect(await deployment.addresses()).toEqual([]);
});

test('destroy needs none of the files that the stack names', async () => {
  const folder = join(deployment.folder, 'gone-by-then');
  const file = (name: string): string => join(folder, name);
  mkdirSync(folder);
  copyFileSync(certificate.certificateFile, file('certificate.pem'));
  copyFileSync(certificate.keyFile, file('key.pem'));
  writeFileSync(file('secret'), 'in a file');
  await deployment.apply(
    smallStack(deployment, {
      workingDirectory: folder,
      cluster: { secrets: { TOKEN: Secret.fromFile(file('secret')) } },
      front: { tls: TlsCertificate.fromFiles(file('certificate.pem'), file('key.pem')) },
    }),
  );
  rmSync(folder, { recursive: true });
  try {
    await deployment.destroy();
    expect(deployment.remains()).toEqual([]);
  } finally {
    mkdirSync(folder);
    writeFileSync(file('certificate.pem'), '');
    writeFileSync(file('key.pem'), '');
  }
});

test('a front that is taken out of the stack is stopped, then the cluster; the platform stays', async () => {
  await deployment.apply(smallStack(deployment, { backplane: true }));
  const { frontend, ...others } = deployment.pids();

  const withoutFront = smallStack(deployment, { backplane: true, without: 'front' });
  expect(await deployment.plan(withoutFront)).toEqual({
    Frontend_Nginx: 'delete',
    Platform_Roster: 'replace',
  });
  await deployment.apply(withoutFront);
  expect(isAlive(frontend!)).toBe(false);
  expect(deployment.pids()).toEqual(others);
  await expect(request(deployment.url)).rejects.toThrow('ECONNREFUSED');

  const nothing = smallStack(deployment, { without: 'all' });
  expect(await deployment.plan(nothing)).toEqual({
    Aiwm_Instance1: 'delete',
    Aiwm_Instance2: 'delete',
    Aiwm_Instance3: 'delete',
    Backplane_Redis: 'delete',
    Platform_Roster: 'replace',
  });
  await deployment.apply(nothing);
  expect(Object.values(others).filter(isAlive)).toEqual([]);
  expect(deployment.pids()).toEqual({});

  await deployment.apply(smallStack(deployment));
  expect((await request(`${deployment.url}/dev/aiwm/x`, { ca: deployment.ca })).status).toBe(200);
});
