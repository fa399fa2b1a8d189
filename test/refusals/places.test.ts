// What belongs to another platform or another stack. Terraform would refuse it, or what runs would not find itself.
import { TerraformStack } from 'cdktf';
import {
  AiwmCluster,
  Errors,
  NginxWsFrontend,
  RedisAdapterBackplane,
  Secret,
  TlsCertificate,
  Upstream,
  type IPlatform,
} from 'cdktf-aiwm';
import { Construct } from 'constructs';
import { AwsSite, CERTIFICATE } from '../support/aws/aws-site';
import { DockerSite } from '../support/docker/docker-site';
import { SwarmSite } from '../support/docker/swarm-site';
import { newApp, type PlatformSite, Site } from '../support/stack/site';

type AnySite = PlatformSite<IPlatform, unknown>;

const SITES: Record<string, new (scope: Construct) => AnySite> = {
  Local: Site,
  Docker: DockerSite,
  Swarm: SwarmSite,
  Aws: AwsSite,
};

/** Every platform beside every other one, and beside another of its kind. */
const PAIRS = Object.keys(SITES).flatMap((one) => Object.keys(SITES).map((two) => [one, two]));

function pair(one: string, two: string): { here: AnySite; elsewhere: AnySite } {
  const stack = new TerraformStack(newApp(), 'Stack');
  return {
    here: new SITES[one]!(new Construct(stack, 'Here')),
    elsewhere: new SITES[two]!(new Construct(stack, 'Elsewhere')),
  };
}

function stacks(kind: string): { here: AnySite; elsewhere: AnySite } {
  const app = newApp();
  const [here, elsewhere] = ['Here', 'Elsewhere'].map(
    (id) => new SITES[kind]!(new TerraformStack(app, id)),
  );
  return { here: here!, elsewhere: elsewhere! };
}

/** Path and property of the refusal, and its message. */
function refusal(use: () => unknown): { at: string; message: string } {
  try {
    use();
  } catch (error) {
    expect(Errors.isValidationError(error)).toBe(true);
    const { constructPath, property, message } = error as Error & Record<string, string>;
    return { at: `${constructPath}: ${property}`, message: message! };
  }
  throw new Error('nothing was thrown');
}

describe('of another platform', () => {
  test.each(PAIRS)('a cluster on %s with the Redis of %s', (one, two) => {
    const { here, elsewhere } = pair(one!, two!);
    const backplane = elsewhere.backplane();
    const { at, message } = refusal(() => here.cluster({ backplane }));
    expect(at).toBe('Stack/Here/Aiwm: backplane');
    expect(message).toBe(
      'Stack/Here/Aiwm: backplane: Stack/Elsewhere/Backplane runs on Stack/Elsewhere/Platform, but the instances run on Stack/Here/Platform.\n' +
        'Allowed: a backplane on the same platform, or an existing Redis.\n' +
        'Run a Redis there: new RedisAdapterBackplane(this, "Backplane", { platform }). Or name one that the instances can reach: RedisAdapterBackplane.fromUrl(this, "Backplane", { secret }).',
    );
  });

  test.each(PAIRS)('a front on %s before a cluster on %s', (one, two) => {
    const { here, elsewhere } = pair(one!, two!);
    const cluster = elsewhere.cluster();
    const { at, message } = refusal(() => here.front({ cluster, platform: here.platform() }));
    expect(at).toBe('Stack/Here/Frontend: platform');
    expect(message).toBe(
      'Stack/Here/Frontend: platform: the instances of Stack/Elsewhere/Aiwm run on Stack/Elsewhere/Platform, not on Stack/Here/Platform.\n' +
        'Allowed: the platform of the cluster, which is the default.\n' +
        'For nginx elsewhere, replace cluster by addresses that nginx can reach there: upstream: Upstream.servers([…]). AiwmCluster.instances lists those of the instances.',
    );
  });
});

describe('of another stack', () => {
  const KINDS = Object.keys(SITES);

  test.each(KINDS)('the Redis of a platform: %s', (kind) => {
    const { here, elsewhere } = stacks(kind);
    const backplane = elsewhere.backplane();
    const { at, message } = refusal(() => here.cluster({ backplane }));
    expect(at).toBe('Here/Aiwm: backplane');
    expect(message).toContain('RedisAdapterBackplane.fromUrl(');
  });

  test.each(KINDS)('the Redis and its platform: %s', (kind) => {
    const { here, elsewhere } = stacks(kind);
    const backplane = elsewhere.backplane();
    const platform = elsewhere.platform();
    const { at, message } = refusal(() => here.cluster({ platform, backplane }));
    expect(at).toBe('Here/Aiwm: backplane');
    expect(message).toBe(
      'Here/Aiwm: backplane: Elsewhere/Backplane belongs to another stack.\n' +
        'Allowed: a backplane of the same stack, or an existing Redis.\n' +
        'Run a Redis there: new RedisAdapterBackplane(this, "Backplane", { platform }). Or name one that the instances can reach: RedisAdapterBackplane.fromUrl(this, "Backplane", { secret }).',
    );
  });

  test.each(KINDS)('a cluster: %s', (kind) => {
    const { here, elsewhere } = stacks(kind);
    const cluster = elsewhere.cluster();
    const uses = [{ cluster }, { cluster, platform: here.platform() }];
    for (const use of uses) {
      const { at, message } = refusal(
        () =>
          new NginxWsFrontend(here.scope, `Front${uses.indexOf(use)}`, {
            ...use,
            serverName: 'chat.example.org',
            tls: TlsCertificate.acm(CERTIFICATE),
          }),
      );
      expect(at).toBe(`Here/Front${uses.indexOf(use)}: cluster`);
      expect(message).toBe(
        `Here/Front${uses.indexOf(use)}: cluster: Elsewhere/Aiwm belongs to another stack.\n` +
          'Allowed: a cluster of the same stack.\n' +
          'For nginx elsewhere, replace cluster by addresses that nginx can reach there: upstream: Upstream.servers([…]). AiwmCluster.instances lists those of the instances.',
      );
    }
  });
});

describe('what the messages advise is accepted:', () => {
  test.each(PAIRS)('a front on %s before the addresses of a cluster on %s', (one, two) => {
    const { here, elsewhere } = pair(one!, two!);
    const { instances } = elsewhere.cluster({ firstPort: 443 }) as AiwmCluster;
    const upstream = Upstream.servers(instances.map(({ address, port }) => `${address}:${port}`));
    const platform = here.platform();
    expect(() => here.front({ cluster: undefined, platform, upstream })).not.toThrow();
  });

  test('an existing Redis, of whichever stack', () => {
    const { here, elsewhere } = stacks('Local');
    const backplane = RedisAdapterBackplane.fromUrl(elsewhere.scope, 'Backplane', {
      secret: Secret.fromEnvironment('REDIS_URL'),
    });
    expect(() => here.cluster({ backplane })).not.toThrow();
  });
});
