// Where the boxes of a graph go: in layers, callers left of callees.

import type { Topology, TopologyEdge } from "./api.gen";

export type Place = { x: number; y: number };
export type Layout = { nodes: Map<string, Place>; edges: Map<string, Place[]>; width: number; height: number };

export const edgeKey = (caller: string, callee: string, async: boolean) => `${caller}\n${callee}\n${async ? "async" : ""}`;

/** The most edges that the places of boxes are found by: time grows faster than their number. */
const mostEdges = 900;

/** The edges that matter for where boxes go: of each callee the busiest, and then the busiest of all. */
function weighty(edges: TopologyEdge[]): TopologyEdge[] {
  if (edges.length <= mostEdges) return edges;
  const by = [...edges].sort((a, b) => b.calls - a.calls);
  const reached = new Set<string>();
  const first = by.filter((e) => !reached.has(e.callee) && reached.add(e.callee));
  const chosen = new Set([...first, ...by].slice(0, Math.max(first.length, mostEdges)));
  return edges.filter((e) => chosen.has(e));
}

/** Lays a topology out with boxes of one size. */
export async function layOut(t: Topology, box: { width: number; height: number }, direction: "LR" | "TB" = "LR"): Promise<Layout> {
  const { Graph, layout } = await import("@dagrejs/dagre");
  const g = new Graph({ multigraph: true });
  g.setGraph({ rankdir: direction, nodesep: 14, ranksep: 46, edgesep: 8, marginx: 4, marginy: 4, ranker: t.nodes.length > 80 ? "longest-path" : "network-simplex" });
  g.setDefaultEdgeLabel(() => ({}));
  for (const n of t.nodes) g.setNode(n.service, { width: box.width, height: box.height });
  for (const e of weighty(t.edges)) {
    if (e.caller !== e.callee && g.hasNode(e.caller) && g.hasNode(e.callee)) g.setEdge(e.caller, e.callee, {}, edgeKey(e.caller, e.callee, e.async));
  }
  layout(g);
  const nodes = new Map<string, Place>();
  for (const v of g.nodes()) {
    const n = g.node(v) as Place;
    nodes.set(v, { x: n.x, y: n.y });
  }
  const edges = new Map<string, Place[]>();
  for (const e of g.edges()) edges.set(e.name ?? "", (g.edge(e) as { points?: Place[] }).points ?? []);
  const size = g.graph() as { width?: number; height?: number };
  return { nodes, edges, width: size.width ?? 0, height: size.height ?? 0 };
}

/**
 * Gives boxes places of the same order in an area of an aspect (width by height): layers of
 * dozens of boxes are folded into several columns, or rows, side by side. Without it, hundreds
 * of services are a line too long to be seen.
 */
export function fold(places: Map<string, Place>, box: { width: number; height: number }, aspect: number, direction: "LR" | "TB" = "LR"): Map<string, Place> {
  const along = direction === "LR" ? box.width : box.height; // the way that calls go
  const across = direction === "LR" ? box.height : box.width;
  const wanted = direction === "LR" ? aspect : 1 / aspect;
  const layers = new Map<number, [string, Place][]>();
  for (const [name, p] of places) {
    const at = Math.round(direction === "LR" ? p.x : p.y);
    layers.set(at, [...(layers.get(at) ?? []), [name, p]]);
  }
  const ordered = [...layers].sort(([a], [b]) => a - b).map(([, boxes]) => boxes.sort(([, a], [, b]) => (direction === "LR" ? a.y - b.y : a.x - b.x)));
  const longest = Math.max(...ordered.map((l) => l.length), 1);
  const gap = along; // between layers, so that calls are seen
  const lengthOf = (most: number) => ordered.reduce((sum, l) => sum + Math.ceil(l.length / most) * along + gap, -gap);
  let most = longest; // boxes side by side across
  while (most > 1 && lengthOf(most) < wanted * most * across) most--;
  const out = new Map<string, Place>();
  let from = 0;
  for (const layer of ordered) {
    const deep = Math.ceil(layer.length / most);
    const rows = Math.ceil(layer.length / deep);
    const first = ((most - rows) * across) / 2;
    layer.forEach(([name], n) => {
      const a = from + (n % deep) * along + along / 2;
      const b = first + Math.floor(n / deep) * across + across / 2;
      out.set(name, direction === "LR" ? { x: a, y: b } : { x: b, y: a });
    });
    from += deep * along + gap;
  }
  return out;
}
