import type { ITerraformDependable, TerraformOutput } from 'cdktf';

import { Construct } from 'constructs';
import { Check } from '../validation/check';
import { FrontIntent } from './front-intent';
import type { NginxWsFrontendProps } from './nginx-ws-frontend-props';
import { namedOutput } from '../terraform/named-output';
import { resourceName } from '../terraform/names';
import { resolveTarget } from './resolve-target';
import { TlsKind } from '../model/tls-certificate';

/**
 * nginx as the reverse proxy of a WebSocket service.
 *
 * It renders an nginx.conf for the service and has the platform run nginx with it. Properties that contradict each
 * other are refused at synth.
 *
 * @see https://nginx.org/en/docs/http/websocket.html
 * @example
 * new NginxWsFrontend(this, "Frontend", {
 *   cluster,
 *   serverName: "api.x-or.cloud",
 *   tls: TlsCertificate.fromFiles("tls/fullchain.pem", "tls/key.pem"),
 * });
 */
export class NginxWsFrontend extends Construct {
  /** Text of the nginx.conf, with Tokens in place of values that are known only at apply. */
  public readonly configuration: string;
  /** URL of the service. */
  public readonly url: string;
  /** URL of its WebSocket. */
  public readonly webSocketUrl: string;
  /** Resources that must exist before clients can connect. */
  public readonly dependables: ITerraformDependable[];
  /** Terraform output of `url`. */
  public readonly urlOutput: TerraformOutput;
  /** Terraform output of `webSocketUrl`. */
  public readonly webSocketUrlOutput: TerraformOutput;

  /** @throws ValidationError for an invalid property or for properties that contradict each other */
  public constructor(scope: Construct, id: string, props: NginxWsFrontendProps) {
    super(scope, id);
    const check = new Check(this);
    const { platform, upstream } = resolveTarget(check, props);
    const intent = new FrontIntent(check, { ...props, platform, upstream });
    this.configuration = intent.render();
    this.url = intent.url('http');
    this.webSocketUrl = intent.url('ws');

    const { cluster, tls } = props;
    this.dependables = platform.runNginx(this, {
      name: resourceName(this),
      configuration: this.configuration,
      certificate: tls?.kind === TlsKind.TERMINATED_UPSTREAM ? undefined : tls,
      serverNames: intent.serverNames,
      foreignPeers:
        cluster === undefined
          ? upstream.list.filter(({ down }) => !down).map(({ address }) => address)
          : [],
      openFiles: intent.openFiles,
      dependsOn: cluster?.dependables ?? [],
    }).dependables;
    this.urlOutput = namedOutput(this, 'Url', 'url', {
      value: this.url,
      description: 'Where clients find the service.',
    });
    this.webSocketUrlOutput = namedOutput(this, 'WebSocketUrl', 'websocket_url', {
      value: this.webSocketUrl,
      description: 'Where clients find its WebSocket.',
    });
  }
}
