// Two stacks on one machine, each with ports and a state folder of its own.
import { Deployment } from '../../support/agent/deployment';
import { request, requestJson } from '../../support/front/http';
import { smallStack } from '../../support/agent/small-stack';

let one: Deployment;
let other: Deployment;

beforeAll(async () => {
  one = await Deployment.create({ name: 'one' });
  other = await Deployment.create({ name: 'other' });
});
afterAll(() => Promise.all([one.dispose(), other.dispose()]));

const stackOf = (deployment: Deployment, version: string) =>
  smallStack(deployment, { backplane: true, instances: 2, version });

async function versionOf(deployment: Deployment): Promise<string> {
  const { version } = await requestJson<{ version: string }>(`${deployment.url}/dev/aiwm/x`, {
    ca: deployment.ca,
  });
  return version;
}

test('two stacks come up side by side at the same time, and each serves its own', async () => {
  await Promise.all([one.apply(stackOf(one, 'one')), other.apply(stackOf(other, 'other'))]);
  expect(await versionOf(one)).toBe('one');
  expect(await versionOf(other)).toBe('other');
  const pids = [...Object.values(one.pids()), ...Object.values(other.pids())];
  expect(new Set(pids).size).toBe(8);
  expect(one.supervisor()).not.toBe(other.supervisor());
});

test('a change of one does not touch the other', async () => {
  const before = other.pids();
  await one.apply(stackOf(one, 'one again'));
  expect(await versionOf(one)).toBe('one again');
  expect(other.pids()).toEqual(before);
  expect(await other.plan(stackOf(other, 'other'))).toEqual({});
});

test('destroying one leaves the other', async () => {
  const before = other.pids();
  await one.destroy();
  expect(one.remains()).toEqual([]);
  await expect(request(one.url)).rejects.toThrow('ECONNREFUSED');
  expect(other.pids()).toEqual(before);
  expect(await versionOf(other)).toBe('other');
});
