import { existsSync } from 'node:fs';
import {
  Annotations,
  Aspects,
  LocalBackend,
  TerraformElement,
  TerraformOutput,
  TerraformResource,
  TerraformStack,
} from 'cdktf';
import { multiLineSerializer, synthesize, synthesizeStack } from 'cdktf-aiwm/testing';
import { Construct } from 'constructs';
import { servers, Site } from '../support/stack/site';

class Thing extends TerraformResource {
  constructor(
    scope: Construct,
    id: string,
    private readonly attributes: Record<string, unknown> = {},
  ) {
    super(scope, id, { terraformResourceType: 'some_thing' });
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return this.attributes;
  }
}

describe('synthesize', () => {
  test('gives the stack as Terraform reads it, in parts', () => {
    const stack = synthesize((scope) => {
      new Thing(scope, 'B', { size: 2 });
      new Thing(scope, 'A');
      new TerraformOutput(scope, 'answer', { value: 42 });
    });
    expect(stack.addresses).toEqual(['some_thing.A', 'some_thing.B']);
    expect(stack.resources('some_thing').B).toEqual({ size: 2 });
    expect(stack.resources('another_thing')).toEqual({});
    expect(stack.outputs).toEqual({ answer: 42 });
    expect(stack.warnings).toEqual([]);
    expect(stack.configurations).toEqual({});
  });

  test('runs validations', () => {
    expect(() =>
      synthesize((scope) => {
        scope.node.addValidation({ validate: () => ['nobody is at home'] });
      }),
    ).toThrow('nobody is at home');
  });

  test('runs aspects', () => {
    const { warnings } = synthesize((scope) => {
      new Thing(scope, 'A');
      Aspects.of(scope).add({
        visit: (node) => {
          if (node instanceof TerraformElement && node.node.id === 'A') {
            Annotations.of(node).addWarning('visited');
          }
        },
      });
    });
    expect(warnings).toEqual(['Stack/A: visited']);
  });

  test('fails on an annotation that is an error, as cdktf does', () => {
    expect(() =>
      synthesize((scope) => Annotations.of(new Construct(scope, 'A')).addError('broken')),
    ).toThrow('The stack has annotations that are errors:\nStack/A: broken');
  });

  test('accepts an id and a context', () => {
    let context: unknown;
    const { addresses } = synthesize(
      (scope) => {
        context = scope.node.tryGetContext('stage');
        new Thing(scope, scope.node.id);
      },
      { stackId: 'chat', context: { stage: 'blue' } },
    );
    expect(context).toBe('blue');
    expect(addresses).toEqual(['some_thing.chat']);
  });

  test('writes no stack', () => {
    synthesize((scope) => void new Thing(scope, 'A'), { stackId: 'never-written' });
    expect(existsSync('cdktf.out/stacks/never-written')).toBe(false);
  });

  test('is the same whatever folder the CLI would write to', () => {
    const before = process.env.CDKTF_OUTDIR;
    process.env.CDKTF_OUTDIR = '/tmp/elsewhere';
    try {
      const { json } = synthesize((scope) => void new Site(scope).front());
      expect(JSON.stringify(json)).toContain('"../../../.aiwm/');
    } finally {
      process.env.CDKTF_OUTDIR = before;
      if (before === undefined) {
        delete process.env.CDKTF_OUTDIR;
      }
    }
  });
});

test('synthesizeStack takes a class, with what it gets from other stacks', () => {
  const { json } = synthesizeStack((app) => {
    const other = new TerraformStack(app, 'other');
    new LocalBackend(other, { path: 'other.tfstate' });
    const thing = new Thing(other, 'A');
    const stack = new TerraformStack(app, 'stack');
    new Thing(stack, 'B', { from: thing.getStringAttribute('name') });
    return stack;
  });
  expect(json.data).toHaveProperty('terraform_remote_state');
});

describe('configurations', () => {
  const two = synthesize((stack) => {
    for (const [index, id] of ['A', 'B'].entries()) {
      const site = new Site(new Construct(stack, id));
      site.front({
        platform: site.platform({ httpPort: 8080 + index }),
        upstream: servers([`10.0.0.${index + 1}:1`]),
      });
    }
  });

  test('are found by their fronts', () => {
    expect(Object.keys(two.configurations)).toEqual(['A/Frontend', 'B/Frontend']);
    expect(two.configuration('B/Frontend')).toContain('server 10.0.0.2:1 ');
  });

  test('the only one needs no name', () => {
    const one = synthesize((stack) => void new Site(stack).front());
    expect(one.configuration()).toBe(one.configurations.Frontend);
  });

  test.each([
    [undefined, 'Say which front is meant: the stack has "A/Frontend", "B/Frontend".'],
    ['C', 'There is no front "C": the stack has "A/Frontend", "B/Frontend".'],
  ])('a question for %j is answered clearly', (name, message) => {
    expect(() => two.configuration(name)).toThrow(message);
  });

  test('none', () => {
    const none = synthesize((stack) => void new Thing(stack, 'A'));
    expect(() => none.configuration()).toThrow('Say which front is meant: the stack has none.');
  });
});

describe('forReview', () => {
  test('leaves out where the state is, and what changes with every release', () => {
    const stack = synthesize((scope) => {
      new LocalBackend(scope, { path: 'x.tfstate' });
      scope.addOverride('terraform.required_version', '>= 1.4');
      scope.addOverride('terraform.required_providers.some', {
        source: 'example/some',
        version: '1.2.3',
      });
      new Thing(scope, 'A', { version: 'that of the thing', hash: 'A'.repeat(32) });
    });
    expect(stack.forReview()).toEqual({
      terraform: {
        required_version: '<version>',
        required_providers: { some: { source: 'example/some', version: '<version>' } },
      },
      resource: { some_thing: { A: { version: 'that of the thing', hash: 'A'.repeat(32) } } },
    });
    expect(stack.json.terraform).toHaveProperty('backend');
  });

  test('points to nginx.conf and masks the agent', () => {
    const stack = synthesize((scope) => void new Site(scope).front());
    const text = JSON.stringify(stack.forReview());
    expect(text).toContain('"configuration":"<nginx.conf of Frontend>"');
    expect(text).toMatch(/"AIWM_AGENT":"assets\/Platform_Agent_[0-9A-F]{8}\/<hash>\/agent\.js"/);
    expect(text).not.toContain('worker_processes');
    expect(text).not.toMatch(/[0-9A-F]{32}/);
  });
});

describe('multiLineSerializer', () => {
  expect.addSnapshotSerializer(multiLineSerializer);

  test('prints lines as lines, in their place', () => {
    expect({ conf: 'events {\n    a b;\n}\n', one: 'line' }).toMatchInlineSnapshot(`
{
  "conf": """
    events {
        a b;
    }

  """,
  "one": "line",
}
`);
  });

  test('leaves everything else alone', () => {
    expect(['a', 1, null, undefined].map((value) => multiLineSerializer.test(value))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
