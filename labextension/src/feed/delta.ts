// A delta put onto what was known. Pure: what has not changed stays the same object, so that drawing can skip it.

type Tree = Readonly<Record<string, unknown>>;

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `known` with `change` on top: objects key by key, `null` for what is gone, anything else (lists too) as a whole. */
export function patched<T>(known: T, change: unknown): T {
  return (isTree(change) ? merge(isTree(known) ? known : {}, change) : change) as T;
}

function merge(known: Tree, change: Tree): Tree {
  const merged: Record<string, unknown> = { ...known };
  for (const [key, value] of Object.entries(change)) {
    // Assigned to a plain object, this name would set its prototype.
    if (key === '__proto__') {
      continue;
    }
    if (value === null) {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a copy of ours, keyed by ids
      delete merged[key];
    } else {
      merged[key] = patched(known[key], value);
    }
  }
  return merged;
}
