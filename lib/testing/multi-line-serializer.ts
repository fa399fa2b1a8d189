/**
 * What `expect.addSnapshotSerializer` takes; jest, vitest and others agree on it.
 */
export interface SnapshotSerializer {
  /** Whether a value is for this serializer. */
  test(value: unknown): boolean;
  /** The value as it stands in the snapshot. */
  serialize(value: string, config: { readonly indent: string }, indentation: string): string;
}

/**
 * Prints a text of several lines as lines between two marks, so that one changed line of a configuration is one
 * changed line in a snapshot. Without it a text inside an object loses its indentation or becomes one long line.
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
