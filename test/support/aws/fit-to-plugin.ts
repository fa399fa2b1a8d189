// What hashicorp/aws calls differently before 6.0, so that a stack for 6 can be looked at by a plugin of release 5.
// Each difference is named here; anything else that an older plugin does not know, its own validation refuses.
import type { AwsPlugin } from './plugin';
import type { Attributes, Blocks, StackJson } from './stack-json';

interface Difference {
  /** undefined: of every type. */
  readonly type?: string;
  readonly attribute: string;
  /** What a plugin of release 5 is given instead. */
  readonly before6: (value: unknown) => Attributes;
}

const SINCE_6: readonly Difference[] = [
  {
    type: 'aws_instance',
    attribute: 'primary_network_interface',
    before6: (value) => ({
      network_interface: [value].flat().map((each) => ({ ...(each as object), device_index: 0 })),
    }),
  },
  // A resource in another region than its provider's.
  { attribute: 'region', before6: () => ({}) },
];

/** Made-up and emulated hosts need no two minutes to make themselves known. */
function withoutWaits(resources: Blocks): Blocks {
  return Object.fromEntries(
    Object.entries(resources).map(([type, byName]) => [
      type,
      type !== 'terraform_data'
        ? byName
        : Object.fromEntries(
            Object.entries(byName).map(([name, { provisioner: _provisioner, ...rest }]) => [
              name,
              rest,
            ]),
          ),
    ]),
  );
}

export function fitToPlugin(stack: StackJson, plugin: AwsPlugin): StackJson {
  const { backend: _backend, required_providers: providers, ...settings } = stack.terraform ?? {};
  const { aws, ...others } = providers as Record<string, Attributes>;
  const isOlder = Number.parseInt(plugin.version, 10) < 6;
  const resources = stack.resource && withoutWaits(stack.resource);
  return {
    ...stack,
    terraform: {
      ...settings,
      required_providers: { ...others, aws: { ...aws, version: plugin.version } },
    },
    ...(resources ? { resource: isOlder ? translated(resources) : resources } : {}),
  };
}

function translated(resources: Blocks): Blocks {
  return Object.fromEntries(
    Object.entries(resources).map(([type, byName]) => [
      type,
      Object.fromEntries(
        Object.entries(byName).map(([name, each]) => [name, translatedOne(type, each)]),
      ),
    ]),
  );
}

function translatedOne(type: string, attributes: Attributes): Attributes {
  const entries = Object.entries(attributes).map(([attribute, value]) => {
    const difference = SINCE_6.find(
      (each) => each.attribute === attribute && (each.type ?? type) === type,
    );
    return difference ? difference.before6(value) : { [attribute]: value };
  });
  return Object.assign({}, ...entries) as Attributes;
}
