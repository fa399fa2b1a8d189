// What only one of a stack, a machine, an engine or an account can have. It is found when the app is synthesized.
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { type App, TerraformOutput, TerraformStack } from 'cdktf';
import { AiwmCluster, NginxWsFrontend, RedisAdapterBackplane, TlsCertificate } from 'cdktf-aiwm';
import { LocalPlatform, type LocalPlatformProps } from 'cdktf-aiwm/local';
import { synthesize } from 'cdktf-aiwm/testing';
import { Construct } from 'constructs';
import { AwsSite } from '../support/aws/aws-site';
import { DockerSite } from '../support/docker/docker-site';
import { SwarmSite } from '../support/docker/swarm-site';
import { newApp, REGISTRY_IMAGE, servers, Site } from '../support/stack/site';

/** What validation says about an app, each with the path of its construct. */
function complaints(build: (app: App) => void): string[] {
  const app = newApp();
  build(app);
  return app.node
    .findAll()
    .flatMap(({ node }) => node.validate().map((message) => `${node.path}: ${message}`));
}

const inStack = (build: (stack: TerraformStack) => void): string[] =>
  complaints((app) => build(new TerraformStack(app, 'Stack')));

describe('outputs', () => {
  test('one of the user by the name of the URL of a front', () => {
    const build = (stack: TerraformStack) => {
      new Site(stack).front();
      new TerraformOutput(stack, 'frontend_url', { value: 'mine' });
    };
    expect(inStack(build)).toMatchSnapshot();
    expect(() => synthesize(build)).toThrow('have the same name, "frontend_url"');
  });

  test('one of the user by the name of the instances of a cluster, made before it', () => {
    expect(
      inStack((stack) => {
        new TerraformOutput(stack, 'aiwm_instances', { value: 'mine' });
        new Site(stack).cluster();
      }),
    ).toMatchSnapshot();
  });

  test('two fronts whose ids differ by a separator', () => {
    expect(
      inStack((stack) => {
        new Site(stack).platform();
        for (const id of ['FrontEnd', 'front-end']) {
          new NginxWsFrontend(stack, id, {
            platform: new LocalPlatform(stack, `Of${id}`, { httpPort: 9000 + id.length }),
            upstream: servers(['10.0.0.1:3003']),
            serverName: 'chat.example.org',
          });
        }
      }),
    ).toMatchSnapshot();
  });

  test('of another stack, and of the user alone, are none of ours', () => {
    const build = (app: App) => {
      new Site(new TerraformStack(app, 'one')).front();
      new TerraformOutput(new TerraformStack(app, 'two'), 'frontend_url', { value: 'mine' });
    };
    expect(complaints(build)).toEqual([]);
  });
});

describe('ports of this machine', () => {
  const two = (one: LocalPlatformProps, other: LocalPlatformProps) => (stack: TerraformStack) => {
    for (const [id, props] of Object.entries({ One: one, Other: other })) {
      const site = new Site(new Construct(stack, id));
      site.front({ platform: site.platform(props), tls: TlsCertificate.terminatedUpstream() });
    }
  };

  test('two platforms on the same ports', () => {
    expect(inStack(two({}, {}))).toMatchSnapshot();
  });

  test('all addresses of one, and one address of the other', () => {
    const props = { addresses: ['127.0.0.1', '::1'] };
    expect(inStack(two(props, { addresses: ['::', '127.0.0.2'] }))).toHaveLength(1);
  });

  test('two Redis, and instances on the port of the other front', () => {
    expect(
      inStack((stack) => {
        const [one, other] = ['One', 'Other'].map((id) => new Site(new Construct(stack, id)));
        one!.front();
        one!.backplane();
        new RedisAdapterBackplane(other!.scope, 'Backplane', { platform: other!.platform() });
        other!.cluster({ instances: 1, firstPort: 8080 });
      }),
    ).toMatchSnapshot();
  });

  test.each<[string, LocalPlatformProps, LocalPlatformProps]>([
    ['other ports', {}, { httpPort: 9080 }],
    ['other addresses', {}, { addresses: ['127.0.0.2'] }],
    ['the other family of addresses', { addresses: ['127.0.0.1'] }, { addresses: ['::1'] }],
  ])('%s', (_, one, other) => {
    expect(inStack(two(one, other))).toEqual([]);
  });

  test('stacks that may be deployed one at a time', () => {
    const build = (app: App) => {
      for (const id of ['one', 'two']) {
        new Site(new TerraformStack(app, id)).front();
      }
    };
    expect(complaints(build)).toEqual([]);
  });
});

describe('Docker', () => {
  test('two platforms of one name', () => {
    expect(
      complaints((app) => {
        new DockerSite(new TerraformStack(app, 'one')).platform({ name: 'chat' });
        new DockerSite(new TerraformStack(app, 'two')).platform({ name: 'chat' });
        new SwarmSite(new TerraformStack(app, 'three')).platform({ name: 'chat' });
      }),
    ).toMatchSnapshot();
  });

  test('two platforms whose names come out the same', () => {
    expect(
      complaints((app) => {
        new DockerSite(new TerraformStack(app, 'chat')).platform();
        new DockerSite(new Construct(new TerraformStack(app, 'chat2'), 'x')).platform({
          name: 'chat-platform',
        });
      }),
    ).toHaveLength(1);
  });

  test('two platforms in one network', () => {
    const subnets = ['10.110.0.0/16', '10.110.128.0/17', '10.111.0.0/16'];
    expect(
      inStack((stack) => {
        subnets.forEach((subnet, index) =>
          new DockerSite(new Construct(stack, `P${index}`)).platform({ subnet }),
        );
        // Swarm's networks are no bridges.
        new SwarmSite(stack).platform({ subnet: '10.110.0.0/16' });
      }),
    ).toMatchSnapshot();
  });

  test('in stacks that may be deployed one at a time', () => {
    expect(
      complaints((app) => {
        for (const id of ['one', 'two']) {
          new DockerSite(new TerraformStack(app, id)).platform({ subnet: '10.110.0.0/16' });
        }
      }),
    ).toEqual([]);
  });

  test('two fronts on the same ports', () => {
    expect(
      inStack((stack) => {
        for (const id of ['One', 'Other']) {
          new DockerSite(new Construct(stack, id)).front();
        }
      }),
    ).toMatchSnapshot();
  });

  test('other engines, addresses and ports', () => {
    const publish = { https: 8443, http: 8080 };
    expect(
      inStack((stack) => {
        const site = (id: string) => new DockerSite(new Construct(stack, id));
        const [one, two, three, four, five] = ['A', 'B', 'C', 'D', 'E'].map(site);
        one!.platform({ name: 'chat', publish: { address: '127.0.0.1' } });
        two!.platform({ publish: { address: '127.0.0.2' } });
        three!.platform({ name: 'chat', host: 'ssh://deploy@one' });
        const provider = new DockerProvider(stack, 'Two', {
          host: 'ssh://deploy@two',
          alias: 'two',
        });
        four!.platform({ name: 'chat', provider });
        five!.platform({ publish });
        [one, two, three, four, five].forEach((each) => each!.front());
      }),
    ).toEqual([]);
  });
});

describe('AWS', () => {
  test('two platforms of one name in a region', () => {
    expect(
      complaints((app) => {
        new AwsSite(new TerraformStack(app, 'one')).platform({ name: 'chat' });
        new AwsSite(new TerraformStack(app, 'two')).platform({ name: 'chat' });
      }),
    ).toMatchSnapshot();
  });

  test('in two regions, under two names, or in two accounts', () => {
    expect(
      complaints((app) => {
        const site = (id: string) => new AwsSite(new TerraformStack(app, id));
        site('one').platform({ name: 'chat' });
        site('two').platform({ name: 'chat', region: 'eu-west-1' });
        site('three').platform({ name: 'chat-three' });
        const four = site('four');
        const provider = new AwsProvider(four.scope, 'Aws', {
          region: 'eu-central-1',
          allowedAccountIds: ['123456789012'],
        });
        four.platform({ name: 'chat', region: undefined, provider });
      }),
    ).toEqual([]);
  });
});

describe('instances of a namespace', () => {
  const build = (stack: TerraformStack, other: (site: AwsSite) => AwsSite) => {
    const site = new AwsSite(stack);
    new AiwmCluster(stack, 'Chat', { platform: site.platform(), service: REGISTRY_IMAGE });
    const second = other(site);
    new AiwmCluster(stack, 'Chat-2', {
      platform: second.platform(),
      service: REGISTRY_IMAGE,
      backplane: second.backplane(),
      scaling: { min: 1, max: 2 },
    });
  };

  test('the second of a cluster, and a cluster with scaling that is called so', () => {
    expect(inStack((stack) => build(stack, (site) => site))).toEqual([
      expect.stringMatching(
        /^Stack\/Chat-2\/Scaled: id: Stack\/Chat\/Instance2 has the same name, chat-2\.stack-platform\.internal\./,
      ),
    ]);
  });

  test('the same where each platform has a namespace of its own', () => {
    const other = (stack: TerraformStack) => {
      const site = new AwsSite(new Construct(stack, 'Other'));
      site.platform({ name: 'other' });
      return site;
    };
    expect(inStack((stack) => build(stack, () => other(stack)))).toEqual([]);
  });
});
