import type { Check } from '../../../validation/check';
import { renderSize } from '../../../validation/size';
import type { InstancesSpec } from '../../contract';

/** Size of a task in the units of ECS: 1024 of a processor, and MiB. */
export interface TaskSize {
  readonly cpu: number;
  readonly memory: number;
}

const GIB = 1024;
const MIB_BYTES = 2 ** 20;
const UNITS_PER_CPU = 1024;

const DEFAULT: TaskSize = { cpu: 512, memory: GIB };

/**
 * Memory that Fargate has for each size of processor.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
 */
const FARGATE: readonly { readonly cpu: number; readonly memory: readonly number[] }[] = [
  { cpu: 256, memory: [512, GIB, 2 * GIB] },
  { cpu: 512, memory: steps(1, 4, 1) },
  { cpu: 1024, memory: steps(2, 8, 1) },
  { cpu: 2048, memory: steps(4, 16, 1) },
  { cpu: 4096, memory: steps(8, 30, 1) },
  { cpu: 8192, memory: steps(16, 60, 4) },
  { cpu: 16_384, memory: steps(32, 120, 8) },
];

function steps(from: number, to: number, by: number): number[] {
  return Array.from({ length: (to - from) / by + 1 }, (_, index) => (from + index * by) * GIB);
}

/**
 * Size of the task of an instance.
 *
 * @throws ValidationError for limits that Fargate does not have
 * @internal
 */
export function resolveTaskSize(
  check: Check,
  { cpu: processors, memoryBytes }: Pick<InstancesSpec, 'cpu' | 'memoryBytes'>,
  isFargate: boolean,
): TaskSize {
  const cpu = processors === undefined ? undefined : processors * UNITS_PER_CPU;
  const memory = memoryBytes === undefined ? undefined : memoryBytes / MIB_BYTES;
  if (!isFargate) {
    return {
      cpu: Math.ceil(cpu ?? DEFAULT.cpu),
      memory: Math.ceil(memory ?? DEFAULT.memory),
    };
  }
  const all = FARGATE.flatMap((row) => row.memory.map((each) => ({ cpu: row.cpu, memory: each })));
  const fits = all.filter(
    (size) =>
      (cpu === undefined || size.cpu === cpu) && (memory === undefined || size.memory === memory),
  );
  const chosen = fits.find((size) => size.cpu === DEFAULT.cpu && size.memory >= DEFAULT.memory);
  return chosen ?? fits[0] ?? refuse(check, all, cpu ?? DEFAULT.cpu, memory ?? DEFAULT.memory);
}

function refuse(check: Check, all: readonly TaskSize[], cpu: number, memory: number): never {
  const distance = (size: TaskSize) =>
    Math.abs(Math.log(size.cpu / cpu)) + Math.abs(Math.log(size.memory / memory));
  const nearest = [...all].sort((one, other) => distance(one) - distance(other)).slice(0, 3);
  return check.refuse('limits', {
    problem: `Fargate has no tasks with ${cpu / UNITS_PER_CPU} vCPU and ${inGib(memory)} of memory`,
    allowed: `nearest to it: ${nearest.map(rendered).join(', or ')}`,
    remedy:
      'See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html.',
  });
}

function rendered({ cpu, memory }: TaskSize): string {
  return `{ cpu: ${cpu / UNITS_PER_CPU}, memory: "${renderSize(memory * MIB_BYTES)}" }`;
}

function inGib(memory: number): string {
  return memory < GIB ? `${memory} MiB` : `${memory / GIB} GiB`;
}
