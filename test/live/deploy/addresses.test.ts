// A front on addresses of both families: a browser that asks for "localhost" may choose either.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { TlsCertificate } from 'cdktf-aiwm';
import { Deployment } from '../../support/agent/deployment';
import { IdleWebSockets } from '../../support/front/raw-websocket';
import { requestJson } from '../../support/front/http';
import { smallStack } from '../../support/agent/small-stack';

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses!.some(({ address }) => address === '::1'),
);
const whenThere = hasIpv6 ? describe : describe.skip;

whenThere(`a front on IPv4 and IPv6${hasIpv6 ? '' : ' (this machine has no ::1)'}`, () => {
  let deployment: Deployment;
  beforeEach(async () => {
    deployment = await Deployment.create();
  });
  afterEach(() => deployment.dispose());

  const on = (...addresses: string[]) =>
    smallStack(deployment, {
      instances: 1,
      platform: { addresses },
      front: { tls: TlsCertificate.selfSigned() },
    });
  const ask = (host: string) =>
    requestJson(`https://${host}:${deployment.ports.https}/dev/aiwm/x`, {
      ca: deployment.ca,
      host: 'localhost',
    });

  test('serves both, and takes a second address without a restart', async () => {
    await deployment.apply(on('127.0.0.1'));
    const pid = deployment.pid('frontend');
    await expect(ask('[::1]')).rejects.toThrow('ECONNREFUSED');
    const sockets = await IdleWebSockets.open(3, `${deployment.url}/dev/aiwm/chat/`, {
      ca: deployment.ca,
    });

    await deployment.apply(on('127.0.0.1', '::1'));
    expect(await ask('127.0.0.1')).toMatchObject({ instance: '1' });
    expect(await ask('[::1]')).toMatchObject({ instance: '1' });
    expect(deployment.pid('frontend')).toBe(pid);
    expect(sockets.open).toBe(3);
    sockets.close();
    expect(deployment.status()).toContain(
      `127.0.0.1:${deployment.ports.https},[::1]:${deployment.ports.https},`,
    );
  });

  test('serves all addresses of both', async () => {
    await deployment.apply(on('0.0.0.0', '::'));
    expect(await ask('127.0.0.1')).toMatchObject({ instance: '1' });
    expect(await ask('[::1]')).toMatchObject({ instance: '1' });
  });

  test('takes all addresses of the other family without a restart', async () => {
    await deployment.apply(on('0.0.0.0'));
    const pid = deployment.pid('frontend');
    await deployment.apply(on('0.0.0.0', '::'));
    expect(await ask('[::1]')).toMatchObject({ instance: '1' });
    expect(deployment.pid('frontend')).toBe(pid);
  });

  test('names the one of its addresses that is taken', async () => {
    const server = createServer().listen({ host: '::1', port: deployment.ports.http });
    await once(server, 'listening');
    const reason = await deployment.applyInVain(on('127.0.0.1', '::1'));
    server.close();
    expect(reason).toContain(`the port [::1]:${deployment.ports.http} is taken by `);
  });
});
