// What a change of the stack does to what runs: only what it must. One deployment with 60 clients, changed again and
// again; each test begins where the last one ended.
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { once } from 'node:events';
import { X509Certificate } from 'node:crypto';
import { AiwmCluster, NginxWsFrontend, TlsCertificate } from 'cdktf-aiwm';
import { chatService } from '../../../examples/chat-service';
import { testCertificate, type TestCertificate } from '../../support/front/certificate';
import { cleanUp } from '../../support/machine/clean-up';
import { Crowd, network } from '../../support/front/crowd';
import { Deployment, type Describe } from '../../support/agent/deployment';
import { isAlive } from '../../support/agent/left-over';
import { SocketClients } from '../../support/front/socket-clients';
import { steadyRequests } from '../../support/front/steady-requests';
import { waitFor } from '../../support/machine/wait';

const first = testCertificate('chat.example.test');
const renewed = testCertificate('chat.example.test', 'renewed.example.test');
const ca = first.ca + renewed.ca;

let deployment: Deployment;
let crowd: Crowd;
/** What the stack says at the moment. */
let wanted: { instances: number; drained: string[]; restTimeout: string } = {
  instances: 3,
  drained: [],
  restTimeout: '60s',
};

const describeStack: Describe = (stack) => {
  const platform = deployment.platform(stack);
  const cluster = new AiwmCluster(stack, 'Aiwm', {
    platform,
    service: chatService,
    instances: wanted.instances,
    drained: wanted.drained,
    firstPort: deployment.ports.firstInstance,
  });
  new NginxWsFrontend(stack, 'Frontend', {
    cluster,
    serverName: 'localhost',
    tls: TlsCertificate.fromFiles(tlsFile('certificate.pem'), tlsFile('key.pem')),
    timeouts: { rest: wanted.restTimeout },
  });
};

function tlsFile(name: string): string {
  return join(deployment.folder, 'tls', name);
}

function install({ certificateFile, keyFile }: TestCertificate): void {
  mkdirSync(join(deployment.folder, 'tls'), { recursive: true });
  copyFileSync(certificateFile, tlsFile('certificate.pem'));
  copyFileSync(keyFile, tlsFile('key.pem'));
}

/** Plans and applies a change while the clients stay connected and requests go on; nobody may notice. */
async function changeUnnoticed(change: Partial<typeof wanted>) {
  wanted = { ...wanted, ...change };
  const before = { pids: deployment.pids(), dropped: crowd.dropped };
  const stop = steadyRequests(`${deployment.url}/dev/aiwm/instance`, 20, { ca });
  const plan = await deployment.plan(describeStack);
  const output = await deployment.apply(describeStack);
  const requests = await stop();
  expect(requests.failures).toEqual({});
  expect({ dropped: crowd.dropped, connected: crowd.connected }).toEqual({
    dropped: before.dropped,
    connected: crowd.size,
  });
  return { plan, output, before: before.pids, after: deployment.pids() };
}

async function servedCertificate(): Promise<string> {
  const socket = connect({ port: deployment.ports.https, servername: 'localhost', ca });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

beforeAll(async () => {
  deployment = await Deployment.create();
  install(first);
  await deployment.apply(describeStack);
  crowd = await Crowd.connect(deployment.url, { ca });
});

afterAll(async () => {
  await cleanUp();
  await deployment.dispose();
});

test('60 clients are connected, to all three instances', () => {
  expect(crowd.connected).toBe(60);
  expect(Object.keys(crowd.clients.countByInstance())).toEqual(['1', '2', '3']);
});

test('a second deploy without a change plans nothing', async () => {
  expect(await deployment.plan(describeStack)).toEqual({});
  const { output, before, after } = await changeUnnoticed({});
  expect(output).toContain('Resources: 0 added, 0 changed, 0 destroyed');
  expect(after).toEqual(before);
});

test('changing a timeout changes nginx alone, which is reloaded: its master stays, nobody is dropped', async () => {
  const { plan, before, after } = await changeUnnoticed({ restTimeout: '90s' });
  expect(plan).toEqual({ Frontend_Nginx: 'replace' });
  expect(after).toEqual(before);
  expect(readFileSync(deployment.statePath('nginx/frontend/current/nginx.conf'), 'utf8')).toContain(
    'proxy_read_timeout 90s;',
  );
});

test('drained: ["2"] changes nginx alone and drops nobody; new clients go elsewhere', async () => {
  const { plan, before, after } = await changeUnnoticed({ drained: ['2'] });
  expect(plan).toEqual({ Frontend_Nginx: 'replace' });
  expect(after).toEqual(before);
  expect(crowd.clients.countByInstance()['2']).toBeGreaterThan(0);

  const newcomers = await SocketClients.connect(20, (index) => ({
    url: deployment.url,
    ca,
    localAddress: network(index),
  }));
  expect(newcomers.connected).toHaveLength(20);
  expect(Object.keys(newcomers.countByInstance())).toEqual(['1', '3']);
  newcomers.close();
});

test('adding an instance changes the new one, nginx and the roster; the others keep their processes and clients', async () => {
  const { plan, before, after } = await changeUnnoticed({ instances: 4, drained: [] });
  expect(plan).toEqual({
    Aiwm_Instance4: 'create',
    Frontend_Nginx: 'replace',
    Platform_Roster: 'replace',
  });
  expect(after).toEqual({ ...before, 'aiwm-4': expect.any(Number) });

  const newcomers = await SocketClients.connect(40, (index) => ({
    url: deployment.url,
    ca,
    localAddress: network(index),
  }));
  expect(Object.keys(newcomers.countByInstance())).toEqual(['1', '2', '3', '4']);
  newcomers.close();
});

test('removing an instance stops it after nginx no longer names it, and drops nobody else', async () => {
  const { plan, output, before, after } = await changeUnnoticed({ instances: 3 });
  expect(plan).toEqual({
    Aiwm_Instance4: 'delete',
    Frontend_Nginx: 'replace',
    Platform_Roster: 'replace',
  });
  const { 'aiwm-4': removed, ...others } = before;
  expect(after).toEqual(others);
  expect(isAlive(removed!)).toBe(false);
  const reloaded = output.search(/frontend: release \w+ is served/);
  expect(reloaded).toBeGreaterThan(0);
  expect(output.indexOf('aiwm-4: stopping')).toBeGreaterThan(reloaded);
});

test('a renewed certificate is delivered by the next deploy: nginx alone is changed, and nobody is dropped', async () => {
  expect(await servedCertificate()).toBe(new X509Certificate(first.certificate).fingerprint256);
  install(renewed);
  const { plan, before, after } = await changeUnnoticed({});
  expect(plan).toEqual({ Frontend_Nginx: 'replace' });
  expect(after).toEqual(before);
  // A worker of the old configuration may still take a connection for a moment.
  await waitFor(
    async () =>
      (await servedCertificate()) === new X509Certificate(renewed.certificate).fingerprint256,
    5_000,
    'the renewed certificate is not served',
  );
  expect(await deployment.plan(describeStack)).toEqual({});
});

test('destroy leaves nothing running, and no state folder', async () => {
  const pids = Object.values(deployment.pids());
  const supervisor = deployment.supervisor();
  expect(pids).toHaveLength(4);
  crowd.close();
  await deployment.destroy();
  expect(deployment.remains()).toEqual([]);
  expect([...pids, supervisor].filter(isAlive)).toEqual([]);
  expect(await deployment.addresses()).toEqual([]);
});
