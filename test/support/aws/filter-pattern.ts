// Which lines of a log CloudWatch counts: a small evaluator of the filter patterns that are used here.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html

/** Whether a line matches a pattern of one of the two forms `[a, b=5*, ...]` and `{ $.status = "5*" }`. */
export function matchesPattern(pattern: string, line: string): boolean {
  const [, fields] = /^\[(.*)\]$/.exec(pattern) ?? [];
  return fields === undefined ? matchesJson(pattern, line) : matchesFields(fields, line);
}

function matchesFields(pattern: string, line: string): boolean {
  const fields = pattern.split(',').map((field) => field.trim());
  const open = fields.at(-1) === '...';
  const wanted = open ? fields.slice(0, -1) : fields;
  const words = wordsOf(line);
  return (
    (open ? words.length >= wanted.length : words.length === wanted.length) &&
    wanted.every((field, index) => {
      const [, value] = /^\w+=(.+)$/.exec(field) ?? [];
      if (value === undefined && !/^\w+$/.test(field)) {
        throw new Error(`This field of a pattern is not understood here: ${field}`);
      }
      return value === undefined || isLike(words[index]!, value);
    })
  );
}

/** Words between spaces; what is in quotes or brackets is one. */
function wordsOf(line: string): string[] {
  return Array.from(
    line.matchAll(/"([^"]*)"|\[([^\]]*)\]|(\S+)/g),
    ([, quoted, bracketed, plain]) => String(quoted ?? bracketed ?? plain),
  );
}

function matchesJson(pattern: string, line: string): boolean {
  const [, name, value] = /^\{ \$\.(\w+) = "([^"]*)" \}$/.exec(pattern) ?? [];
  if (name === undefined || value === undefined) {
    throw new Error(`This pattern is not understood here: ${pattern}`);
  }
  if (!line.startsWith('{')) {
    return false;
  }
  const found = (JSON.parse(line) as Readonly<Record<string, unknown>>)[name];
  return typeof found === 'string' && isLike(found, value);
}

/** An asterisk stands for any text. */
function isLike(text: string, value: string): boolean {
  const parts = value.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(text);
}
