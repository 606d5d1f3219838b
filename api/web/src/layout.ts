// Where the boxes of a graph go: in layers, callers left of callees.

import type { Topology } from "./api.gen";

export type Place = { x: number; y: number };
export type Layout = { nodes: Map<string, Place>; edges: Map<string, Place[]>; width: number; height: number };

export const edgeKey = (caller: string, callee: string, async: boolean) => `${caller}\n${callee}\n${async ? "async" : ""}`;

/** Lays a topology out with boxes of one size. */
export async function layOut(t: Topology, box: { width: number; height: number }, direction: "LR" | "TB" = "LR"): Promise<Layout> {
  const { Graph, layout } = await import("@dagrejs/dagre");
  const g = new Graph({ multigraph: true });
  g.setGraph({ rankdir: direction, nodesep: 14, ranksep: 46, edgesep: 8, marginx: 4, marginy: 4, ranker: t.nodes.length > 80 ? "longest-path" : "network-simplex" });
  g.setDefaultEdgeLabel(() => ({}));
  for (const n of t.nodes) g.setNode(n.service, { width: box.width, height: box.height });
  for (const e of t.edges) {
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
