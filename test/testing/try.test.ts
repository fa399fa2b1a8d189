import { synthesizeStack, multiLineSerializer } from 'cdktf-aiwm/testing';
import { LocalRedisStack } from '../../examples/local-redis';
expect.addSnapshotSerializer(multiLineSerializer);
test('x', () => {
  const t = Date.now();
  const s = synthesizeStack((app) => new LocalRedisStack(app, 'local-redis'));
  console.log(Date.now() - t, s.addresses, s.outputs, s.warnings, JSON.stringify(s.forReview(), null, 1).slice(0, 6000), s.configuration());
});
