import { expect, test } from "vitest";
import type { Topology } from "./api.gen";
import { fold, layOut } from "./layout";

const box = { width: 100, height: 40 };

/** Layers of so many services, each of which calls three of the next layer. */
function wide(layers: number, each: number): Topology {
  const name = (l: number, n: number) => `s${l}-${n % each}`;
  const nodes = [];
  const edges = [];
  for (let l = 0; l < layers; l++) {
    for (let n = 0; n < each; n++) {
      nodes.push({ service: name(l, n) });
      if (l + 1 < layers) for (const k of [0, 1, 5]) edges.push({ caller: name(l, n), callee: name(l + 1, 2 * n + k), async: false, calls: n });
    }
  }
  return { nodes, edges } as unknown as Topology;
}

test("layers of dozens of boxes fill the area that there is, in order and apart", async () => {
  const t = wide(4, 40);
  const { nodes } = await layOut(t, box);
  const folded = fold(nodes, box, 2);
  expect(folded.size).toBe(160);
  const all = [...folded.values()];
  expect(new Set(all.map((p) => `${p.x} ${p.y}`)).size).toBe(160);
  const size = (k: "x" | "y", one: number) => Math.max(...all.map((p) => p[k])) - Math.min(...all.map((p) => p[k])) + one;
  const aspect = size("x", box.width) / size("y", box.height);
  expect(aspect).toBeGreaterThan(1);
  expect(aspect).toBeLessThan(4);
  for (const e of t.edges) expect(folded.get(e.callee)!.x).toBeGreaterThan(folded.get(e.caller)!.x);
});

test("upright, calls go down", async () => {
  const t = wide(3, 30);
  const { nodes } = await layOut(t, box, "TB");
  const folded = fold(nodes, box, 0.7, "TB");
  for (const e of t.edges) expect(folded.get(e.callee)!.y).toBeGreaterThan(folded.get(e.caller)!.y);
});

test("more calls than can be laid out leave nobody without a place", async () => {
  const t = wide(10, 60); // 1,620 calls
  const { nodes } = await layOut(t, box);
  expect(nodes.size).toBe(600);
}, 60_000);
