import { AiwmCluster, NginxWsFrontend, RedisAdapterBackplane, TlsCertificate } from 'cdktf-aiwm';
import { TerraformStack } from 'cdktf';
import { chatService } from '../../examples/chat-service';
import { Deployment } from '../support/deployment';
import { readFileSync } from 'node:fs';
import { SocketClients } from '../support/socket-clients';
import { IdleWebSockets, engineQuery } from '../support/raw-websocket';
import { steadyRequests } from '../support/steady-requests';
import { sleep } from '../support/wait';

let d: Deployment;
beforeAll(async () => { d = await Deployment.create(); });
afterAll(() => d.dispose());
test('scratch', async () => {
  const describe = (on: boolean) => (stack: TerraformStack) => {
    const platform = d.platform(stack);
    const backplane = on ? new RedisAdapterBackplane(stack, 'Backplane', { platform }) : undefined;
    const cluster = new AiwmCluster(stack, 'Aiwm', { platform, backplane, service: chatService, instances: 3, firstPort: d.ports.firstInstance });
    new NginxWsFrontend(stack, 'Frontend', { cluster, serverName: 'localhost', tls: TlsCertificate.selfSigned() });
  };
  const t0 = Date.now();
  const lap = (s: string) => console.log(s, Date.now() - t0);
  await d.apply(describe(true)); lap('apply');
  const ca = d.ca;
  const clients = await SocketClients.connect(40, (i) => ({ url: d.url, ca, localAddress: `127.0.${i+1}.1`, reconnection: true }));
  await clients.waitUntilConnected();
  const raw = await IdleWebSockets.open(20, `${d.url}/dev/aiwm/chat/${engineQuery}`, { ca, socketIo: true });
  console.log(clients.countByInstance(), raw.open, clients.disconnects);
  const stop = steadyRequests(`${d.url}/dev/aiwm/instance`, 20, { ca });
  lap('clients');
  const p = await d.plan(describe(false)); console.log(p);
  console.log(await d.apply(describe(false))); lap('off');
  await sleep(1000);
  console.log('off', await stop(), clients.disconnects, raw.closed.length);
  console.log(readFileSync(d.statePath('nginx/frontend/logs/access.log'), 'utf8').split('\n').filter((l) => / (502|503|504|499|400) /.test(l)).slice(0, 30).join('\n'));
  console.log(readFileSync(d.statePath('nginx/frontend/logs/error.log'), 'utf8').split('\n').slice(-30).join('\n'));
  await clients.waitUntilConnected();
  clients.close(); raw.close();
});
