/** Shell function that requests a URL with the program of the image: curl on Debian, wget on Alpine. */
export const ASK =
  'ask() { if command -v curl > /dev/null; then curl -sf -m 2 "$1"; else wget -q -T 2 -O - "$1"; fi; }';

/** Names of a certificate in the notation of openssl. */
export function alternativeNames(names: readonly string[]): string {
  return names.map((name) => `${/^[\d.]+$/.test(name) ? 'IP' : 'DNS'}:${name}`).join(',');
}

/** Calls `fail` in an image without openssl. */
export const NEEDS_OPENSSL =
  'command -v openssl > /dev/null || fail "TlsCertificate.selfSigned() needs the openssl program in the image of nginx, which those on Alpine lack: take the one on Debian (nginx:1.30), or TlsCertificate.fromFiles(…)."';

/** Creates a certificate for `$names` in a folder, or calls `fail`. */
export function makeSelfSigned(folder: string): string {
  return `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 397 -subj "/CN=self-signed, for development" -addext "subjectAltName=$names" -keyout ${folder}/key.pem -out ${folder}/certificate.pem > /tmp/openssl 2>&1 || fail "openssl: $(cat /tmp/openssl)"`;
}
