// Asks a rendered nginx.conf what it says, instead of looking for substrings in it.
import { parse, type ParsedDirective } from '../../../lib/nginx/parse';

/** The directives of one context. */
export class Block {
  static parse(text: string): Block {
    return new Block(parse(text));
  }

  constructor(readonly directives: readonly ParsedDirective[]) {}

  /** The arguments of each directive of a name, in order. */
  all(name: string): (readonly string[])[] {
    return this.named(name).map(({ args }) => args);
  }

  has(name: string): boolean {
    return this.named(name).length > 0;
  }

  /** The arguments of the one directive of a name, as one text. */
  value(name: string): string {
    const found = this.all(name);
    if (found.length !== 1) {
      throw new Error(`${name} stands there ${found.length} times in:\n${this.summary()}`);
    }
    return found[0]!.join(' ');
  }

  /** The blocks of a name; with arguments, those that have exactly these. */
  blocks(name: string, ...args: readonly string[]): Block[] {
    return this.named(name)
      .filter((each) => args.length === 0 || each.args.join(' ') === args.join(' '))
      .map(({ block }) => new Block(block ?? []));
  }

  block(name: string, ...args: readonly string[]): Block {
    const found = this.blocks(name, ...args);
    if (found.length !== 1) {
      throw new Error(
        `${[name, ...args].join(' ')} stands there ${found.length} times in:\n${this.summary()}`,
      );
    }
    return found[0]!;
  }

  /** Every directive in here and in the blocks within, with the names of the blocks that hold it. */
  deep(within: readonly string[] = []): (ParsedDirective & { within: readonly string[] })[] {
    return this.directives.flatMap((directive) => [
      { ...directive, within },
      ...new Block(directive.block ?? []).deep([...within, directive.name]),
    ]);
  }

  private named(name: string): ParsedDirective[] {
    return this.directives.filter((directive) => directive.name === name);
  }

  private summary(): string {
    return this.directives.map(({ name, args }) => `  ${[name, ...args].join(' ')}`).join('\n');
  }
}

/** A whole configuration of a front. */
export class FrontConf extends Block {
  static override parse(text: string): FrontConf {
    return new FrontConf(parse(text));
  }

  private found: { http?: Block; front?: Block } = {};

  get http(): Block {
    return (this.found.http ??= this.block('http'));
  }

  get servers(): Block[] {
    return this.http.blocks('server');
  }

  /** The server that clients reach. */
  get front(): Block {
    return (this.found.front ??= this.findFront());
  }

  private findFront(): Block {
    const fronts = this.servers.filter((server) => server.has('proxy_set_header'));
    if (fronts.length !== 1) {
      throw new Error(`${fronts.length} servers look like the front`);
    }
    return fronts[0]!;
  }

  /** Path (with its modifier) of each location of the front: "= /a", "/a/", "@name". */
  get locations(): string[] {
    return this.front.all('location').map((args) => args.join(' '));
  }

  location(path: string): Block {
    return this.front.block('location', ...path.split(' '));
  }

  get pools(): string[] {
    return this.http.all('upstream').map(([name]) => name!);
  }

  pool(name = 'aiwm_backend'): Block {
    return this.http.block('upstream', name);
  }

  /** The entries of the map that defines a variable, with the variable that it looks at. */
  map(variable: string): { of: string; entries: Record<string, string> } {
    const [found, ...others] = this.http.directives.filter(
      ({ name, args }) => name === 'map' && args[1] === variable,
    );
    if (found === undefined || others.length > 0) {
      throw new Error(`${others.length + (found ? 1 : 0)} maps define ${variable}`);
    }
    return {
      of: found.args[0]!,
      entries: Object.fromEntries(
        (found.block ?? []).map(({ name, args }) => [name, args.join(' ')]),
      ),
    };
  }

  /** Variables that maps define. */
  get mapped(): string[] {
    return this.http.all('map').map((args) => args[1]!);
  }

  /** What a map makes of a value, as nginx reads it. */
  lookUp(variable: string, value: string): string {
    const { entries } = this.map(variable);
    if (Object.hasOwn(entries, value) && value !== 'default') {
      return entries[value]!;
    }
    const pattern = Object.entries(entries).find(
      ([key]) => key.startsWith('~') && patternOf(key).test(value),
    );
    return pattern?.[1] ?? entries.default ?? '';
  }

  /** Methods of a pool that choose among its servers. */
  method(pool?: string): string[] {
    const methods = ['ip_hash', 'hash', 'least_conn', 'sticky', 'random'];
    return this.pool(pool)
      .directives.filter(({ name }) => methods.includes(name))
      .map(({ name, args }) => [name, ...args].join(' '));
  }
}

function patternOf(key: string): RegExp {
  return key.startsWith('~*') ? new RegExp(key.slice(2), 'i') : new RegExp(key.slice(1));
}
