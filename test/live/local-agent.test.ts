// The agent of the local platform, with real processes: nginx, redis-server and a small service.
import { freePort, freePorts } from '../support/free-ports';
import { AgentBed, waitForVersion } from '../support/agent-bed';

let bed: AgentBed;
beforeEach(() => {
  bed = new AgentBed();
});
afterEach(() => bed.dispose());

test('smoke', async () => {
  const [port, second] = (await freePorts(2)) as [number, number];
  console.log(await bed.call('instance', bed.instance('aiwm-1', port)));
  await waitForVersion(port, '1');
  console.log(await bed.call('instance', bed.instance('aiwm-1', port)));
  console.log(await bed.call('instance', bed.instance('aiwm-1', port, { VERSION: '2' })));
  console.log(await bed.call('instance', bed.instance('aiwm-1', port, { VERSION: '3', MODE: 'exit' })));
  console.log(await bed.call('redis', { unit: 'backplane', executable: 'redis-server', address: '127.0.0.1', port: second, maxMemory: '64mb', password: { kind: 'generated' } }));
  console.log(await bed.call('status'));
  console.log(await bed.call('destroy'));
  void freePort;
});
