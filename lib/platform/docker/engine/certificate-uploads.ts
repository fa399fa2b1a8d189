import type { ContainerUpload } from '@cdktf/provider-docker/lib/container';
import { Fn } from 'cdktf';
import type { Construct } from 'constructs';
import { TlsKind } from '../../../model/tls-certificate';
import { inExpression } from '../../../terraform/expressions';
import { fromStackFolder } from '../../../terraform/stack-paths';
import type { Check } from '../../../validation/check';
import { FILE_PATH } from '../../../validation/text-rules';
import type { NginxSpec } from '../../contract';

/**
 * The certificate's files, to be put into a folder of a container.
 *
 * @internal
 */
export function certificateUploads(
  scope: Construct,
  check: Check,
  { certificate }: NginxSpec,
  folder: string,
): ContainerUpload[] {
  if (certificate?.kind !== TlsKind.FILES) {
    return [];
  }
  const upload = (property: string, name: string, file: string | undefined): ContainerUpload => {
    const source = fromStackFolder(scope, check.text(property, file ?? '', FILE_PATH));
    return {
      file: `${folder}/${name}`,
      // By name, so that its content stays out of the state; the hash tells a renewed one.
      source,
      sourceHash: Fn.filesha256(inExpression(source)),
      permissions: '0600',
    };
  };
  return [
    upload('tls.certificateFile', 'certificate.pem', certificate.certificateFile),
    upload('tls.keyFile', 'key.pem', certificate.keyFile),
  ];
}
