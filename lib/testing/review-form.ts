import type { StackJson } from './stack-json';

/** Path of an asset, whose folder is named after the hash of its content. */
const ASSET_HASH = /\b(assets\/[^/]+\/)[0-9A-F]{32}\b/g;

/** Stack without the parts that a reviewer cannot judge, or reads elsewhere. */
export function reviewForm(
  { terraform, ...rest }: StackJson,
  configurations: Readonly<Record<string, string>>,
): StackJson {
  const shorten = (text: string): string =>
    Object.entries(configurations)
      .reduce(
        (left, [name, conf]) =>
          left
            .split(conf)
            .join(`<nginx.conf of ${name}>`)
            .split(base64(conf))
            .join(`<nginx.conf of ${name}, in base64>`),
        text,
      )
      .replace(ASSET_HASH, '$1<hash>');
  const settings = reviewSettings(terraform);
  return mapStrings(
    { ...rest, ...(Object.keys(settings).length === 0 ? {} : { terraform: settings }) },
    shorten,
  ) as StackJson;
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

/** Settings of Terraform without versions and without the place of the state. */
function reviewSettings(terraform: StackJson['terraform'] = {}): Record<string, unknown> {
  const { backend: _backend, cloud: _cloud, ...settings } = terraform;
  return maskVersions(settings) as Record<string, unknown>;
}

function maskVersions(value: unknown): unknown {
  return mapEntries(value, ([key, each]) => [
    key,
    typeof each === 'string' && /^(required_)?version$/.test(key)
      ? '<version>'
      : maskVersions(each),
  ]);
}

function mapStrings(value: unknown, map: (text: string) => string): unknown {
  return typeof value === 'string'
    ? map(value)
    : mapEntries(value, ([key, each]) => [key, mapStrings(each, map)]);
}

function mapEntries(value: unknown, map: (entry: [string, unknown]) => [string, unknown]): unknown {
  if (Array.isArray(value)) {
    return value.map((each, index) => map([String(index), each])[1]);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(map))
    : value;
}
