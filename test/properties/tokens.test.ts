// Values that are known only at apply go through; what decides the rendering must be known.
import { Fn, TerraformStack, TerraformVariable, Token } from 'cdktf';
import {
  AiwmService,
  Balancing,
  RedisAdapterBackplane,
  TlsCertificate,
  type NginxWsFrontendProps,
} from 'cdktf-aiwm';
import { synthesize } from 'cdktf-aiwm/testing';
import { FrontConf } from '../support/front/nginx-tree';
import { Site, newApp, servers } from '../support/stack/site';

function build(make: (site: Site, late: TerraformVariable) => unknown) {
  return synthesize((stack) => {
    make(new Site(stack), new TerraformVariable(stack, 'late', {}));
  });
}

function front(props: (late: TerraformVariable) => Partial<NginxWsFrontendProps>) {
  return build((site, late) => site.front(props(late)));
}

describe('pass, in quotes that hold whatever they become,', () => {
  test('in the addresses of servers', () => {
    const text = front((late) => ({
      upstream: servers([late.stringValue, `${late.stringValue}:3003`, '10.0.0.1:1']),
    })).configuration();
    expect(text).toContain('        server "${var.late}" max_fails=1');
    expect(text).toContain('        server "${var.late}:3003" max_fails=1');
    expect(text).toContain('        "${var.late}:3003" aiwm_backend_2;');
    expect(text).toContain('    map_hash_bucket_size 512;');
  });

  test('in the names, for which there is room then, and in what clients are told', () => {
    const stack = front((late) => ({
      serverName: `chat.${late.stringValue}`,
      alternativeNames: [late.stringValue],
    }));
    const { outputs } = stack;
    expect(stack.configuration()).toContain('server_name "chat.${var.late}" "${var.late}";');
    expect(stack.configuration()).toContain('server_names_hash_bucket_size 512;');
    expect(outputs.frontend_url).toBe('http://chat.${var.late}:8080');
    expect(outputs.frontend_websocket_url).toBe('ws://chat.${var.late}:8080/dev/aiwm/chat/');
  });

  test('in trusted ranges and in origins', () => {
    const text = front((late) => ({
      trustedProxies: [late.stringValue],
      allowedOrigins: [`https://${late.stringValue}`],
    })).configuration();
    expect(text).toContain('set_real_ip_from "${var.late}";');
    expect(text).toContain('        "https://${var.late}" 1;');
  });

  test('as numbers that were made text', () => {
    const text = front((late) => ({
      upstream: servers([`10.0.0.1:${Token.asString(late.numberValue)}`]),
    })).configuration();
    expect(text).toContain('server "10.0.0.1:${var.late}" max_fails=3');
  });

  test('in own directives', () => {
    const text = front((late) => ({
      directives: { server: [`set $stage "${late.stringValue}-x";`] },
    })).configuration();
    expect(text).toContain('        set $stage "${var.late}-x";');
  });

  test('in the values of variables, in commands, in paths and in the URL of a Redis', () => {
    const stack = build((site, late) =>
      site.cluster({
        instances: 1,
        backplane: RedisAdapterBackplane.fromUrl(site.scope, 'Backplane', {
          url: `redis://${late.stringValue}:6379`,
        }),
        environment: { STAGE: `the "${late.stringValue}"` },
        service: AiwmService.command(['node', late.stringValue], {
          workingDirectory: late.stringValue,
        }),
      }),
    );
    expect(stack.resources('terraform_data').Aiwm_Instance1_EB31A2E3).toMatchObject({
      triggers_replace: {
        specification: {
          command: ['node', '${var.late}'],
          workingDirectory: '${var.late}',
          environment: { STAGE: 'the "${var.late}"', REDIS_URL: 'redis://${var.late}:6379' },
        },
      },
    });
  });

  test('in the paths of a certificate, whose files Terraform reads then', () => {
    const stack = front((late) => ({
      tls: TlsCertificate.fromFiles(late.stringValue, 'key.pem'),
    }));
    expect(stack.resources('terraform_data').Frontend_Nginx_82EAC4EA).toMatchObject({
      triggers_replace: {
        certificate_sha256: '${try(filesha256(var.late), "")}',
        key_sha256: '${try(filesha256("../../../key.pem"), "")}',
        specification: { certificate: { certificate: '${var.late}' } },
      },
    });
  });

  test('and come out where they were put, each in its place', () => {
    const stack = synthesize((scope) => {
      const [a, b] = ['a', 'b'].map((id) => new TerraformVariable(scope, id, {}).stringValue);
      new Site(scope).front({
        serverName: b,
        upstream: servers([`${a}:1`, `${b}:1`]),
        trustedProxies: [a!],
      });
    });
    const conf = stack.configuration();
    const found = conf.match(/\$\{var\.\w\}(:1)?/g) ?? [];
    // Each pool holds both, and the map that leads to their groups.
    expect(found.slice(0, 4)).toEqual(['${var.a}:1', '${var.b}:1', '${var.a}:1', '${var.b}:1']);
    expect(conf).toContain('server_name "${var.b}";');
    expect(conf).toContain('set_real_ip_from "${var.a}";');
    expect(conf).toContain('proxy_set_header Host "${var.b}";');
  });
});

test('the rest of the configuration does not depend on whether values are known', () => {
  const hide = (text: string) => text.replace(/"\$\{var\.late\}:1"|10\.9\.9\.9:1/g, 'X');
  const late = front((value) => ({ upstream: servers([`${value.stringValue}:1`]) }));
  const known = front(() => ({ upstream: servers(['10.9.9.9:1']) }));
  expect(hide(late.configuration())).toBe(hide(known.configuration()));
});

test('a platform may know its own addresses and paths only at apply', () => {
  const stack = new TerraformStack(newApp(), 'Stack');
  const late = new TerraformVariable(stack, 'late', {});
  const site = new Site(stack);
  const layout = site.platform().nginxLayout(stack);
  jest.spyOn(site.platform(), 'nginxLayout').mockReturnValue({
    ...layout,
    httpListen: [`${late.stringValue}:80`],
    accessLog: late.stringValue,
  });
  const text = site.front().configuration.replace(/\$\{TfToken\[[^\]]+\]\}/g, 'LATE');
  const conf = FrontConf.parse(text);
  expect(conf.front.all('listen')[0]![0]).toBe('LATE:80');
  expect(conf.http.value('access_log')).toBe('LATE aiwm buffer=64k flush=1s');
});

describe('do not pass', () => {
  test.each<[string, (late: TerraformVariable) => Partial<NginxWsFrontendProps>, string]>([
    [
      'syntax beside one',
      (late) => ({ serverName: `${late.stringValue};` }),
      'serverName: "<Token>;" contains a space, quote, brace, backslash or semicolon next to a Token.',
    ],
    [
      'a template beside one',
      (late) => ({ trustedProxies: [`\${${late.stringValue}}`] }),
      'trustedProxies[0]: "${<Token>}" contains "${" or "%{"',
    ],
    [
      'a line break beside one',
      (late) => ({ upstream: servers([`${late.stringValue}\n:1`]) }),
      'upstream.servers[0]: "<Token>\\n:1" contains a control character',
    ],
    [
      'what would be taken for one: the words that stand for Tokens while the text is made',
      (late) => ({
        serverName: late.stringValue,
        directives: { server: ['add_header X-Name "\ue0000\ue001";'] },
      }),
      'directives.server[0]: "add_header X-Name \\"\\ue0000\\ue001\\";" contains a private-use character.',
    ],
    [
      'as a number within a text, which cdktf does not find again',
      (late) => ({ upstream: servers([`10.0.0.1:${late.numberValue}`]) }),
      'upstream.servers[0]: "10.0.0.1:-',
    ],
    [
      'as an own directive, of which nobody knows what it says',
      (late) => ({ directives: { server: [Fn.rawString(late.stringValue)] } }),
      'directives.server[0]: it begins with a Token, so which directive it is cannot be checked.',
    ],
    [
      'in an own directive that is none',
      (late) => ({ directives: { server: [`add_header X-Stage ${late.stringValue}`] } }),
      'directives.server[0]: "add_header X-Stage <Token>" does not end in ";".',
    ],
    [
      'in a hash key',
      (late) => ({ balancing: Balancing.hash(late.stringValue) }),
      'balancing.key: the value is not known at synth.',
    ],
    [
      'in a size',
      (late) => ({ maxBodySize: late.stringValue }),
      'maxBodySize: the value is not known at synth.',
    ],
    [
      'in a time',
      (late) => ({ timeouts: { rest: late.stringValue } }),
      'timeouts.rest: the value is not known at synth.',
    ],
    [
      'in a number',
      (late) => ({ expectedConnections: late.numberValue }),
      'expectedConnections: the number is not known at synth.',
    ],
    [
      'as a list of origins',
      (late) => ({ allowedOrigins: late.listValue }),
      'allowedOrigins: the list is not known at synth.',
    ],
    [
      'as a list of names',
      (late) => ({ alternativeNames: late.listValue }),
      'alternativeNames: the list is not known at synth.',
    ],
    [
      'as a list of servers',
      (late) => ({ upstream: servers(late.listValue) }),
      'upstream.servers: the list is not known at synth.',
    ],
    [
      'as a list of directives',
      (late) => ({ directives: { server: late.listValue } }),
      'directives.server: the list is not known at synth.',
    ],
    [
      'in a version',
      (late) => ({ nginxVersion: late.stringValue }),
      'nginxVersion: "<Token>" is not a version.',
    ],
  ])('%s', (_, props, message) => {
    expect(() => front(props)).toThrow(`Stack/Frontend: ${message}`);
  });
});
