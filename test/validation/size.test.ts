import { TerraformStack } from 'cdktf';
import fc from 'fast-check';
import { Check } from '../../lib/validation/check';
import { renderSize, resolveSize } from '../../lib/validation/size';
import { newApp } from '../support/stack/site';

const check = new Check(new TerraformStack(newApp(), 'Stack'));

test.each([
  ['1k', 1024],
  ['512m', 536_870_912],
  ['2g', 2_147_483_648],
])('%s is %d bytes', (text, bytes) => {
  expect(resolveSize(check, 'memory', text)).toBe(bytes);
  expect(renderSize(bytes)).toBe(text);
});

test('a size is rendered in the largest unit that has no fraction', () => {
  expect(renderSize(1536 * 2 ** 20)).toBe('1536m');
  expect(renderSize(1024 * 2 ** 20)).toBe('1g');
  expect(renderSize(1000)).toBe('1000');
});

test('a size that is rendered means what was asked', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 999_999_999 }),
      fc.constantFrom('k', 'm', 'g'),
      (n, unit) => {
        const bytes = resolveSize(check, 'memory', `${n}${unit}`);
        expect(resolveSize(check, 'memory', renderSize(bytes))).toBe(bytes);
      },
    ),
  );
});

test('fails when a size has no unit', () => {
  expect(() => resolveSize(check, 'memory', '512')).toThrow('Stack: memory: "512" is not a size');
});
