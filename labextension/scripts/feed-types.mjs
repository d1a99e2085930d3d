// Writes src/feed/types.ts from the feed's JSON schema, which the server's Python reads too. Knows as much of JSON Schema
// as that one file uses, and stops at anything else. `node scripts/feed-types.mjs`; a test holds the result up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';

const here = path => fileURLToPath(new URL(path, import.meta.url));
export const SCHEMA = here('../../jupyter_sparkk8s/monitor/feed.schema.json');
export const TYPES = here('../src/feed/types.ts');
const HEAD = '// Made by scripts/feed-types.mjs from jupyter_sparkk8s/monitor/feed.schema.json: change that one.\n';
// What says nothing about a type, only about its values.
const SILENT = ['$schema', '$id', '$comment', 'title', 'description', 'default', 'examples', 'format', 'pattern'];
const BOUNDS = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems'
];
const KNOWN = ['$ref', '$defs', 'type', 'const', 'enum', 'anyOf', 'oneOf', 'items', 'properties', 'required'];
const ALLOWED = new Set([...SILENT, ...BOUNDS, ...KNOWN, 'additionalProperties', 'propertyNames', 'patternProperties']);

/** A definition's name; an interface's begins with I. */
function nameOf(key, schema) {
  return (isInterface(schema) ? 'I' : '') + key;
}

function isInterface(schema) {
  return schema.type === 'object' && schema.properties !== undefined;
}

function comment(schema) {
  return schema.description ? `/** ${schema.description.trim().replace(/\s+/g, ' ')} */\n` : '';
}

function typeOf(schema, defs) {
  if (typeof schema === 'boolean') {
    return schema ? 'unknown' : 'never';
  }
  const odd = Object.keys(schema).find(key => !ALLOWED.has(key) && schema[key] !== undefined);
  if (odd) {
    throw new Error(`feed.schema.json uses “${odd}”, which scripts/feed-types.mjs doesn't know`);
  }
  if (schema.$ref) {
    const key = schema.$ref.split('/').at(-1);
    return nameOf(key, defs[key]);
  }
  if (schema.const !== undefined) {
    return JSON.stringify(schema.const);
  }
  if (schema.enum) {
    return schema.enum.map(value => JSON.stringify(value)).join(' | ');
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) {
    return choices.map(choice => typeOf(choice, defs)).join(' | ');
  }
  if (Array.isArray(schema.type)) {
    return schema.type.map(type => typeOf({ ...schema, type }, defs)).join(' | ');
  }
  switch (schema.type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return `readonly (${typeOf(schema.items ?? true, defs)})[]`;
    case 'object':
      return objectOf(schema, defs);
    default:
      return schema.type ?? 'unknown';
  }
}

function objectOf(schema, defs) {
  if (!schema.properties) {
    const [values] = Object.values(schema.patternProperties ?? {});
    return `{ readonly [key: string]: ${typeOf(values ?? schema.additionalProperties ?? true, defs)} }`;
  }
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties).map(
    ([key, value]) => `${comment(value)}readonly ${key}${required.has(key) ? '' : '?'}: ${typeOf(value, defs)};`
  );
  return `{\n${fields.join('\n')}\n}`;
}

/** The whole TypeScript file for a schema. */
export async function generate(schema) {
  const defs = schema.$defs ?? {};
  const parts = Object.entries({ ...defs, [schema.title]: { ...schema, $defs: undefined } }).map(([key, value]) => {
    const type = typeOf(value, defs);
    const name = nameOf(key, value);
    return `${comment(value)}export ${isInterface(value) ? `interface ${name} ${type}` : `type ${name} = ${type};`}`;
  });
  const options = {
    parser: 'typescript',
    arrowParens: 'avoid',
    printWidth: 200,
    singleQuote: true,
    trailingComma: 'none'
  };
  return format(HEAD + '\n' + parts.join('\n\n'), options);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(TYPES, await generate(JSON.parse(readFileSync(SCHEMA, 'utf8'))));
}
