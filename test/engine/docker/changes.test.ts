// What a change of a stack on Docker does to what runs: only what it must. One deployment (nginx, Valkey, instances) with
// 200 open WebSockets, changed again and again; each test begins where the last one ended.
import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { TlsCertificate } from 'cdktf-aiwm';
import { Subnet } from '../../../lib/platform/docker/engine/subnet';
import { testCertificate, type TestCertificate } from '../../support/front/certificate';
import { cleanUp } from '../../support/machine/clean-up';
import {
  DockerDeployment,
  dockerProblem,
  type DockerStack,
} from '../../support/docker/docker-deployment';
import { describeWithEngine } from '../../support/docker/engine';
import { requestJson } from '../../support/front/http';
import { engineQuery, IdleWebSockets } from '../../support/front/raw-websocket';
import { servedCertificate } from '../../support/front/served-certificate';
import { steadyRequests } from '../../support/front/steady-requests';

const images = ['aiwm-test/nginx:1.30', 'aiwm-test/valkey:7.2', 'aiwm-test/node-chat:1'] as const;

afterAll(cleanUp);

describeWithEngine('a change of a stack on Docker', (engine) => {
  const problem = dockerProblem(...images);
  if (problem) {
    test.skip(`needs Docker's plugin and images: ${problem}`, () => {});
    return;
  }

  const first = testCertificate('chat.example.test');
  const renewed = testCertificate('chat.example.test', 'renewed.example.test');
  const ca = first.ca + renewed.ca;
  let deployment: DockerDeployment;
  let webSockets: IdleWebSockets;
  /** What the stack says at the moment. */
  let wanted: Required<Pick<DockerStack, 'instances' | 'front' | 'platform'>> & {
    drained: string[];
  } = { instances: 3, drained: [], front: {}, platform: {} };

  const fingerprint = ({ certificate }: TestCertificate) =>
    new X509Certificate(certificate).fingerprint256;
  const tlsFile = (name: string) => join(deployment.terraform.folder, 'tls', name);
  function install({ certificateFile, keyFile }: TestCertificate): void {
    mkdirSync(join(deployment.terraform.folder, 'tls'), { recursive: true });
    copyFileSync(certificateFile, tlsFile('certificate.pem'));
    copyFileSync(keyFile, tlsFile('key.pem'));
  }
  const described = () =>
    deployment.describe({
      backplane: 'valkey',
      instances: wanted.instances,
      platform: wanted.platform,
      cluster: { drained: wanted.drained },
      front: {
        tls: TlsCertificate.fromFiles(tlsFile('certificate.pem'), tlsFile('key.pem')),
        ...wanted.front,
      },
    });
  const configuration = async () =>
    engine.docker(
      ...['exec', (await deployment.container('frontend')).Id],
      ...['cat', '/etc/aiwm/current/nginx.conf'],
    );
  /** Who answers 12 requests; with a backplane and no cookie each goes to the next one. */
  async function whoAnswers(): Promise<string[]> {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () =>
        requestJson<{ instance: string }>(`${deployment.url}/dev/aiwm/instance`, { ca }),
      ),
    );
    return [...new Set(answers.map(({ instance }) => instance))].sort();
  }

  /** Plans and applies a change while WebSockets stay open and requests go on; nobody may notice. */
  async function changeUnnoticed(change: Partial<typeof wanted>) {
    wanted = { ...wanted, ...change };
    const before = await deployment.ids();
    const plan = await deployment.terraform.plan(described());
    const stop = steadyRequests(`${deployment.url}/dev/aiwm/instance`, 20, { ca });
    await deployment.terraform.applyPlan();
    const { failures } = await stop();
    const after = await deployment.ids();
    expect({ failures, open: webSockets.open }).toEqual({ failures: {}, open: 200 });
    expect(after.frontend).toBe(before.frontend);
    return { plan, before, after };
  }

  beforeAll(async () => {
    deployment = await DockerDeployment.create(engine, ...images);
    install(first);
    await deployment.terraform.apply(described());
    webSockets = await IdleWebSockets.open(200, `${deployment.url}/dev/aiwm/chat/${engineQuery}`, {
      ca,
      socketIo: true,
      concurrency: 20,
    });
  });
  afterAll(async () => {
    webSockets.close();
    await deployment.dispose();
  });

  test('200 WebSockets are open', () => {
    expect({ open: webSockets.open, refused: webSockets.refused }).toEqual({
      open: 200,
      refused: {},
    });
  });

  test('timeouts and limits change the delivery alone; nginx stays the container it is', async () => {
    const { plan, before, after } = await changeUnnoticed({
      front: { timeouts: { rest: '90s' }, limits: { handshakesPerSecond: 500 } },
    });
    expect(plan).toEqual({ Frontend_Delivery: 'replace' });
    expect(after).toEqual(before);
    expect(await configuration()).toContain('proxy_read_timeout 90s;');
  });

  test('a renewed certificate is served when the apply has ended', async () => {
    const { port } = new URL(deployment.url);
    expect(await servedCertificate(Number(port), ca)).toBe(fingerprint(first));
    install(renewed);
    const { plan } = await changeUnnoticed({});
    expect(plan).toEqual({ Frontend_Delivery: 'replace' });
    expect(await servedCertificate(Number(port), ca)).toBe(fingerprint(renewed));
  });

  test('a further instance gets clients, and the others keep theirs', async () => {
    const { plan, before, after } = await changeUnnoticed({ instances: 4 });
    expect(plan).toEqual({ Aiwm_Instance4: 'create', Frontend_Delivery: 'replace' });
    expect(after).toEqual({ ...before, 'aiwm-4': expect.any(String) });
    expect(await whoAnswers()).toEqual(['1', '2', '3', '4']);
  });

  test('one that is drained gets no new clients, and keeps those that it has', async () => {
    const { plan, before, after } = await changeUnnoticed({ drained: ['2'] });
    expect(plan).toEqual({ Frontend_Delivery: 'replace' });
    expect(after).toEqual(before);
    expect(await whoAnswers()).toEqual(['1', '3', '4']);
  });

  test('one that is taken out goes after nginx has been told', async () => {
    const { plan, before, after } = await changeUnnoticed({ instances: 3, drained: [] });
    expect(plan).toEqual({ Aiwm_Instance4: 'delete', Frontend_Delivery: 'replace' });
    const { 'aiwm-4': _gone, ...others } = before;
    expect(after).toEqual(others);
    expect(await whoAnswers()).toEqual(['1', '2', '3']);
  });

  test('a configuration that nginx refuses fails the apply with its reason; the one before goes on serving', async () => {
    const { front } = wanted;
    wanted = { ...wanted, front: { ...front, directives: { server: ['no_such_directive on;'] } } };
    const before = await deployment.ids();
    expect(await deployment.terraform.applyInVain(described())).toMatch(
      /unknown directive "no_such_directive" in nginx\.conf:\d+.* the one before it goes on serving/,
    );
    expect(await deployment.ids()).toEqual(before);
    expect(await whoAnswers()).toEqual(['1', '2', '3']);
    expect(webSockets.open).toBe(200);

    await changeUnnoticed({ front: { timeouts: { rest: '70s' } } });
    expect(await configuration()).toContain('proxy_read_timeout 70s;');
    expect(await deployment.terraform.plan(described())).toEqual({});
  });

  test('another name is refused while the subnet stays; with another subnet everything is new', async () => {
    wanted = { ...wanted, platform: { name: 'other', subnet: Subnet.nameOf(deployment.name) } };
    expect(await deployment.terraform.planInVain(described())).toContain(
      `the network ${deployment.name}-${Subnet.nameOf(deployment.name).replace('/', '-')} cannot change while its subnet stays the same. With another name, also give a subnet`,
    );
    wanted = { ...wanted, platform: { name: 'other' } };
    expect(await deployment.terraform.plan(described())).toMatchObject({
      Platform_Network: 'replace',
      Aiwm_Instance1: 'replace',
    });
    wanted = { ...wanted, platform: { subnet: '10.201.0.0/16' } };
    expect(await deployment.terraform.plan(described())).toMatchObject({
      Platform_Network: 'replace',
    });
  });
});
