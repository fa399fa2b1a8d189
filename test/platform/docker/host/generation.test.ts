// What tells one generation of instances from the next. What Terraform makes of one that it alone knows is tested with
// a real Terraform: test/live/docker-values.
import { TerraformStack, TerraformVariable, Token } from 'cdktf';
import fc from 'fast-check';
import { Generation } from '../../../../lib/platform/docker/host/generation';
import { newApp } from '../../../support/stack/site';

const stack = new TerraformStack(newApp(), 'Stack');

test('is named by eight hexadecimal digits, always the same for a specification', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (specification) => {
      const { id } = new Generation(specification);
      expect(id).toMatch(/^[0-9a-f]{8}$/);
      expect(new Generation(structuredClone(specification)).id).toBe(id);
    }),
  );
});

test('is another one for any other value, wherever it is', () => {
  const ids = [
    { image: 'aiwm:1', environment: [{ A: '1' }] },
    { image: 'aiwm:2', environment: [{ A: '1' }] },
    { image: 'aiwm:1', environment: [{ A: '2' }] },
    { image: 'aiwm:1', environment: [{ B: '1' }] },
    { image: 'aiwm:1', environment: [] },
    { image: 'aiwm:1' },
    { image: 'aiwm:1', environment: [{ A: 1 }] },
  ].map((specification) => new Generation(specification).id);
  expect(new Set(ids).size).toBe(ids.length);
});

// Another name for what has not changed would replace every instance of every user.
test('keeps its name from one release of the library to the next', () => {
  expect(new Generation({ image: 'aiwm:1', limits: { memory: 512 } }).id).toBe('973c58e5');
});

test('leaves the hash to Terraform if a value is known only at apply', () => {
  const late = new TerraformVariable(stack, 'late', {}).stringValue;
  const generation = new Generation({ image: 'aiwm:1', environment: [{ STAGE: `a ${late}` }] });
  expect(Token.isUnresolved(generation.id)).toBe(true);
});
