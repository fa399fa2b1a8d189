// How a use is refused: by an error, and before anything of the construct exists.
import type { Construct } from 'constructs';

/** The error by which a use is refused. The construct that it names has created nothing. */
export function refusalOn<S extends { readonly scope: Construct }>(
  site: S,
  use: (site: S) => unknown,
): Error {
  try {
    use(site);
  } catch (error) {
    const { constructPath } = error as { readonly constructPath?: string };
    const constructs = site.scope.node.root.node.findAll();
    const children = constructs
      .filter(({ node }) => node.path === constructPath)
      .flatMap(({ node }) => node.children.map((child) => child.node.id));
    expect(children).toEqual([]);
    return error as Error;
  }
  throw new Error('nothing was refused');
}
