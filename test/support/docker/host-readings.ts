// Stacks on DockerPlatform, and short ways to read their containers.
import type { AiwmClusterProps } from 'cdktf-aiwm';
import type { DockerPlatformProps } from 'cdktf-aiwm/docker';
import { built, containersOf, type ContainerJson } from './docker-site';

export const INSTANCES = ['Aiwm_Instance1', 'Aiwm_Instance2', 'Aiwm_Instance3'];

export const LONG_RUNNING = [...INSTANCES, 'Backplane_Redis', 'Frontend_Nginx'];

export const everything = (props?: DockerPlatformProps) =>
  built((site) => {
    site.platform(props);
    site.all();
  });

/** The containers of a cluster of its own. */
export const clustered = (props: Partial<AiwmClusterProps> = {}, platform?: DockerPlatformProps) =>
  containersOf(
    built((site) => {
      site.platform(platform);
      site.front({ cluster: site.cluster(props) });
    }),
  );

export const addressOf = ({ networks_advanced: [network] = [] }: ContainerJson) =>
  network?.ipv4_address;

export const generationOf = ({ labels = [] }: ContainerJson) =>
  labels.find(({ label }) => label === 'aiwm.generation')?.value;

export function environmentOf({ env = [] }: ContainerJson): Record<string, string> {
  return Object.fromEntries(
    env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

export function only(blocks: Readonly<Record<string, unknown>>): Record<string, unknown> {
  expect(Object.keys(blocks)).toHaveLength(1);
  return Object.values(blocks)[0] as Record<string, unknown>;
}
