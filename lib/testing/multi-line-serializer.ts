/** Serializer for `expect.addSnapshotSerializer` of jest, vitest and others. */
export interface SnapshotSerializer {
  /** Whether the serializer handles a value. */
  test(value: unknown): boolean;
  /** Text of a value in the snapshot. */
  serialize(value: string, config: { readonly indent: string }, indentation: string): string;
}

/**
 * Serializer that prints a text of several lines as lines between two marks.
 *
 * One changed line of a configuration is then one changed line in the snapshot. Without it, a text inside an object
 * loses its indentation or becomes one long line.
 *
 * @example
 * expect.addSnapshotSerializer(multiLineSerializer);
 * expect(synthesize(build).forReview()).toMatchSnapshot();
 */
export const multiLineSerializer: SnapshotSerializer = {
  test: (value) => typeof value === 'string' && value.includes('\n'),
  serialize: (value, { indent }, indentation) => {
    const inner = indentation + indent;
    const lines = value.split('\n').map((line) => (line === '' ? '' : inner + line));
    return ['"""', ...lines, `${indentation}"""`].join('\n');
  },
};
