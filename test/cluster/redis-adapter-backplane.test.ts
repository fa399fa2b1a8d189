import { RedisAdapterBackplane, Secret } from 'cdktf-aiwm';
import { synthesize } from 'cdktf-aiwm/testing';
import { Site } from '../support/stack/site';

test('one that the stack runs has a secret URL, and something to wait for', () => {
  const site = Site.alone();
  const backplane = site.backplane();
  expect(backplane.platform).toBe(site.platform());
  expect(backplane.isCluster).toBe(false);
  expect(backplane.url).toBeUndefined();
  expect(backplane.urlSecret).toMatchObject({ kind: 'redis', reference: 'backplane' });
  expect(backplane.dependables).toHaveLength(1);
});

describe('one that exists already', () => {
  test.each([
    'redis://cache',
    'redis://cache.internal:6379',
    'rediss://10.0.0.7:6380/15',
    'redis://[fd00::7]:6379',
  ])('is reached at %s, and the stack gets no resource for it', (url) => {
    const stack = synthesize((scope) => {
      const backplane = RedisAdapterBackplane.fromUrl(scope, 'Backplane', { url });
      expect(backplane).toMatchObject({ url, urlSecret: undefined });
      expect(backplane.platform).toBeUndefined();
      expect(backplane.dependables).toEqual([]);
    });
    expect(stack.addresses).toEqual([]);
  });

  test('may have a password, given as a secret', () => {
    const secret = Secret.fromFile('/run/redis-url');
    const backplane = RedisAdapterBackplane.fromUrl(Site.alone().scope, 'Backplane', { secret });
    expect(backplane).toMatchObject({ url: undefined, urlSecret: secret });
  });

  test.each([
    'redis://cache:0',
    'redis://cache:65536',
    'redis://',
    'redis://a b',
    'redis://cache/x',
    'redis://256.0.0.1:6379',
    'redis://[::g]:6379',
    'cache:6379',
  ])('fails when the URL is %s', (url) => {
    expect(() => RedisAdapterBackplane.fromUrl(Site.alone().scope, 'Backplane', { url })).toThrow(
      `Stack/Backplane: url: "${url}" is not a Redis URL.`,
    );
  });

  test.each([
    ['by its URL', { url: 'rediss://cluster.internal:6379' }],
    ['by its URL with the only database', { url: 'rediss://cluster.internal:6379/0' }],
    ['by a secret', { secret: Secret.fromFile('/run/redis-url') }],
  ])('may be a cluster, %s', (_, source) => {
    const { scope } = Site.alone();
    const of = (id: string, cluster?: boolean) =>
      RedisAdapterBackplane.fromUrl(scope, id, { ...source, cluster });
    expect(of('Cluster', true)).toMatchObject({ isCluster: true });
    expect(of('Single')).toMatchObject({ isCluster: false });
  });
});
