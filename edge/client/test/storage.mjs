// Storages for tests: one that is a map, and one that several tabs share while each sees it as it was a while ago.

export function memory() {
  const map = new Map();
  return { map, getItem: (k) => map.get(k) ?? null, setItem: (k, v) => map.set(k, v), removeItem: (k) => map.delete(k) };
}

/** A storage as one tab sees it: `sync` brings what is really there. `writes` counts what was written by any of them. */
export function tabs() {
  const real = new Map();
  let writes = 0;
  const tab = () => {
    let seen = new Map();
    return {
      getItem: (key) => seen.get(key) ?? null,
      setItem: (key, value) => (seen.set(key, value), real.set(key, value), (writes += 1)),
      removeItem: (key) => (seen.delete(key), real.delete(key), (writes += 1)),
      sync: () => (seen = new Map(real)),
    };
  };
  return { tab, real: () => real, writes: () => writes };
}
