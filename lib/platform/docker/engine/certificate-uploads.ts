import type { ContainerUpload } from '@cdktf/provider-docker/lib/container';
import { Fn } from 'cdktf';
import { TlsKind } from '../../../model/tls-certificate';
import { inExpression } from '../../../terraform/expressions';
import { fromStackFolder } from '../../../terraform/stack-paths';
import type { Check } from '../../../validation/check';
import { FILE_PATH } from '../../../validation/text-rules';
import type { NginxSpec } from '../../contract';

/**
 * Files of a certificate as uploads into a folder of a container; none for a certificate without files.
 *
 * @throws ValidationError for an invalid path
 * @internal
 */
export function resolveCertificateUploads(
  check: Check,
  { certificate }: NginxSpec,
  folder: string,
): ContainerUpload[] {
  if (certificate?.kind !== TlsKind.FILES) {
    return [];
  }
  const upload = (property: string, name: string, file: string | undefined): ContainerUpload => {
    const source = fromStackFolder(check.scope, check.text(property, file ?? '', FILE_PATH));
    return {
      file: `${folder}/${name}`,
      // A path keeps the content out of the state; the hash makes a renewed certificate a change.
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
