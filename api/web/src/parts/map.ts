// The topology as a map that can be moved and zoomed, also with hundreds of services.

import type { Core, ElementDefinition, StylesheetStyle } from "cytoscape";
import type { Topology } from "../api.gen";
import { deviation, type Step } from "../deviation";
import { cut, ms, rate, visible } from "../format";
import { edgeKey, fold, layOut } from "../layout";
import { colour } from "../settings";

export type Map = {
  show: (t: Topology) => Promise<void>;
  mark: (service: string | undefined, center: boolean) => void;
  find: (text: string) => void;
  /** Nearer (above one), further (below), or so that all is seen (nothing). */
  zoom: (factor?: number) => void;
  paint: () => void;
  destroy: () => void;
};

const box = { width: 160, height: 42 };
const margin = 24;
/** A box narrower than this has its callers above their callees. */
const narrow = 600;
/** How near names can be read without effort. */
const readable = 0.75;
/** From so many services on the map shows names only, and calls faintly. */
const crowd = 60;

/**
 * Makes a map in a box; picked is called with a service, or nothing, when it is clicked. It is
 * undefined if the box has left the page before the library came.
 */
export async function map(container: HTMLElement, picked: (service: string | undefined) => void): Promise<Map | undefined> {
  const { default: cytoscape } = await import("cytoscape");
  if (!container.isConnected) return undefined;
  quiet();
  const cy = cytoscape({ container, style: style(), minZoom: 0.05, maxZoom: 3, autoungrabify: true, layout: { name: "preset" }, boxSelectionEnabled: false });
  const scale = () => container.setAttribute("data-scale", cy.zoom().toFixed(3));
  cy.on("zoom", scale);
  cy.on("tap", (e) => picked(e.target === cy ? undefined : e.target.isNode() ? (e.target.id() as string) : (e.target.data("target") as string)));
  const move = (to: Parameters<Core["animate"]>[0]) => {
    if (cy.destroyed()) return;
    cy.stop();
    cy.animate({ ...to, duration: still() ? 0 : 200 });
  };
  let laid = "";
  return {
    async show(t) {
      const names = t.nodes.map((n) => n.service).join("\n") + "\n\n" + t.edges.map((e) => edgeKey(e.caller, e.callee, e.async)).join("\n");
      if (names !== laid) {
        const first = laid === "";
        laid = names;
        await place(cy, t, first);
      }
      if (cy.destroyed()) return; // the view was left meanwhile
      dress(cy, t);
      scale();
    },
    mark(service, center) {
      if (cy.destroyed()) return;
      cy.elements().removeClass("picked beside");
      const node = service === undefined ? cy.collection() : cy.getElementById(service);
      node.addClass("picked");
      node.neighborhood().addClass("beside");
      if (center && node.nonempty()) move({ zoom: Math.max(cy.zoom(), readable), center: { eles: node } });
    },
    find(text) {
      const t = text.toLowerCase();
      cy.nodes().forEach((n) => void n.toggleClass("dim", t !== "" && !n.id().toLowerCase().includes(t)));
      const found = cy.nodes().not(".dim");
      if (t === "" || found.empty()) return;
      if (found.length === 1) move({ zoom: 1, center: { eles: found } });
      else move({ fit: { eles: found, padding: 60 } });
    },
    zoom(factor) {
      if (factor === undefined) cy.fit(undefined, margin);
      else cy.zoom({ level: cy.zoom() * factor, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
    },
    paint: () => void cy.style(style()),
    destroy() {
      cy.stop();
      cy.destroy();
    },
  };
}

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** The library adds a style element unless one with its ID is there; the policy of the page forbids such elements, and our sheet has the rule. */
function quiet(): void {
  const id = "__________cytoscape_stylesheet";
  if (document.getElementById(id)) return;
  const there = document.createElement("meta");
  there.id = id;
  document.head.append(there);
}

/** Puts services where they go. Those that stay keep their places where nothing came. */
async function place(cy: Core, t: Topology, first: boolean): Promise<void> {
  const known = new Set(cy.nodes().map((n) => n.id()));
  const all = new Set(t.nodes.map((n) => n.service));
  const direction = cy.width() < narrow ? "TB" : "LR";
  const room = direction === "TB" ? box : { width: box.width + 30, height: box.height + 10 };
  const places = await layOut(t, room, direction);
  if (cy.destroyed()) return;
  if (t.nodes.length > crowd) places.nodes = fold(places.nodes, { width: box.width + 14, height: box.height + 14 }, cy.width() / Math.max(cy.height(), 1), direction);
  if (!first && [...all].every((s) => known.has(s))) {
    for (const [s, p] of places.nodes) if (known.has(s)) places.nodes.set(s, { ...(cy.getElementById(s).position() ?? p) });
  }
  const elements: ElementDefinition[] = [
    ...t.nodes.map((n) => ({ data: { id: n.service, label: "", type: n.type, step: "usual" }, position: places.nodes.get(n.service) ?? { x: 0, y: 0 } })),
    ...t.edges
      .filter((e) => e.caller !== e.callee && all.has(e.caller) && all.has(e.callee))
      .map((e) => ({ data: { id: edgeKey(e.caller, e.callee, e.async), source: e.caller, target: e.callee, width: 1, step: "usual" } })),
  ];
  cy.batch(() => {
    cy.elements().remove();
    cy.add(elements);
  });
  if (first) cy.fit(undefined, margin);
}

/** Colours services and calls by how far they are from usual. */
function dress(cy: Core, t: Topology): void {
  const seconds = Math.max(1, (Date.parse(t.to) - Date.parse(t.from)) / 1000);
  const crowded = t.nodes.length > crowd;
  cy.batch(() => {
    cy.elements().toggleClass("crowded", crowded);
    for (const n of t.nodes) {
      const node = cy.getElementById(n.service);
      node.data("step", deviation(n));
      const name = visible(cut(n.service, crowded ? 17 : 22));
      node.data("label", crowded ? name : `${name}\n${ms(n.p50_ms)} · ${rate(n.requests / seconds)}`);
      node.toggleClass("cause", n.suspect);
    }
    for (const e of t.edges) {
      const edge = cy.getElementById(edgeKey(e.caller, e.callee, e.async));
      edge.data("step", deviation({ ...e, requests: e.calls }));
      edge.data("width", 1 + Math.min(5, Math.log10(1 + e.calls)));
      edge.toggleClass("async", e.async);
    }
  });
}

const fills: [Step, string][] = [
  ["usual", "--step-usual"],
  ["better", "--step-better"],
  ["worse", "--step-worse"],
  ["bad", "--step-bad"],
  ["worst", "--step-worst"],
  ["new", "--step-new"],
];

function style(): StylesheetStyle[] {
  const text = colour("--text");
  return [
    {
      selector: "node",
      style: {
        shape: "round-rectangle", width: box.width, height: box.height, label: "data(label)", color: text, "font-size": 12.5, "font-family": "system-ui, sans-serif",
        "text-wrap": "wrap", "text-valign": "center", "text-halign": "center", "background-color": colour("--panel"), "border-width": 1.5, "border-color": colour("--soft"),
        "min-zoomed-font-size": 6,
      },
    },
    { selector: "node.crowded", style: { "font-size": 17 } },
    { selector: 'node[type != "service"]', style: { shape: "round-tag", "border-style": "dashed" } },
    {
      selector: "edge",
      style: {
        width: "data(width)", "line-color": colour("--before"), "target-arrow-color": colour("--before"), "target-arrow-shape": "triangle", "arrow-scale": 0.8,
        "curve-style": "bezier", opacity: 0.75,
      },
    },
    { selector: "edge.crowded", style: { "curve-style": "straight", opacity: 0.25 } },
    { selector: "edge.async", style: { "line-style": "dashed" } },
    ...fills.flatMap(([step, name]): StylesheetStyle[] => [
      { selector: `node[step = "${step}"]`, style: { "background-color": colour(name), color: colour(`${name}-text`), ...(step === "new" ? { "border-style": "dotted" as const } : {}) } },
      ...(step === "usual" ? [] : [{ selector: `edge[step = "${step}"]`, style: { "line-color": colour(`${name}-line`), "target-arrow-color": colour(`${name}-line`), opacity: 1 } }]),
    ]),
    { selector: "node.cause", style: { "border-width": 5, "border-color": colour("--critical") } },
    { selector: "node.beside", style: { "border-width": 3 } },
    { selector: "edge.beside", style: { opacity: 1 } },
    { selector: "node.picked", style: { "border-width": 5, "border-color": colour("--focus") } },
    { selector: ".dim", style: { opacity: 0.2 } },
  ];
}
