// The generated types are those of the schema that the server has.
// @vitest-environment node
import { expect, it } from 'vitest';
import schema from '../../jupyter_sparkk8s/monitor/feed.schema.json?raw';
import { generate } from '../scripts/feed-types.mjs';
import types from '../src/feed/types?raw';

it('src/feed/types.ts is what `jlpm feed-types` makes of the schema', async () => {
  expect(types).toBe(await generate(JSON.parse(schema)));
});

it('a schema that says more than the generator knows is refused', async () => {
  await expect(
    generate({ title: 'Frame', type: 'object', properties: { a: { type: 'string', not: {} } } })
  ).rejects.toThrow('feed.schema.json uses “not”');
});
