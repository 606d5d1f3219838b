// One quantity window by window, over the band of what is usual.

import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Chart as Data } from "../api.gen";
import { clock, inUnit } from "../format";
import { colour, onTheme, useSettings } from "../settings";
import { families } from "./marks";
import { Name, Where } from "./text";

/** A moment that is marked on every chart. */
export type Moment = { at: string; what: string; kind: "onset" | "change" | "end" | "here" };

const names: Record<string, string> = {
  own_time: "Own time",
  duration: "Duration",
  error: "Errors that start here",
  rate: "Calls",
  traffic: "Requests",
  entry_error: "Failed requests",
};

export const chartName = (c: Data) => names[c.quantity] ?? upper(families[c.quantity] ?? c.quantity);

const upper = (s: string) => s.charAt(0).toUpperCase() + s.slice(1);

export function Chart({ data, moments, focus }: { data: Data; moments: Moment[]; focus: Focus }) {
  const at = useRef<HTMLDivElement>(null);
  const { zone } = useSettings();
  useEffect(() => {
    const box = at.current;
    if (!box) return;
    let plot: uPlot | undefined;
    let gone = false;
    let width = 0;
    const draw = async () => {
      const { default: Plot } = await import("uplot");
      if (gone || width === 0) return;
      plot?.destroy();
      plot = new Plot(options(width, data, moments, (t) => clock(new Date(t * 1000).toISOString(), zone)), series(data), box);
    };
    // It is told its width when the page has been laid out: asking for it would have the page laid out for each chart.
    const resize = new ResizeObserver(([entry]) => {
      const wide = Math.round(entry?.contentRect.width ?? 0);
      if (wide === 0 || wide === width) return;
      width = wide;
      if (plot) plot.setSize({ width, height });
      else void draw();
    });
    resize.observe(box);
    const off = onTheme(() => void draw());
    return () => {
      gone = true;
      resize.disconnect();
      off();
      plot?.destroy();
    };
  }, [data, moments, zone]);
  const shown = focused(data, focus);
  return (
    <figure class="chart" data-quantity={data.quantity}>
      <figcaption>
        <strong>{chartName(data)}</strong>{" "}
        <span class="soft">
          <Where service={data.service} operation={data.operation} />
          {data.callee ? (
            <>
              {" → "}
              <Name text={data.callee} most={60} />
            </>
          ) : null}
        </span>
        <br />
        <span class="num">
          {"worstSince" in focus && shown != null ? "at the worst " : ""}
          {inUnit(shown, data.unit)}{" "}
          <span class="soft">
            {data.basis === "" ? "nothing is known of what is usual" : `usually ${inUnit(data.usual, data.unit)}, ${inUnit(data.usual_low, data.unit)} to ${inUnit(data.usual_high, data.unit)} for nine in ten ${data.basis === "values" ? "calls" : "windows"}`}
          </span>
        </span>
      </figcaption>
      <div class="plot" ref={at} aria-hidden="true" />
    </figure>
  );
}

/** Which value is told in numbers: that of a moment, or the furthest from usual since one. */
export type Focus = { worstSince: string } | { at: string };

function focused(c: Data, focus: Focus): number | null | undefined {
  const windowOf = (at: string) => Math.floor((Date.parse(at) - Date.parse(c.from)) / (1000 * Number(c.step_s ?? 1)));
  if ("at" in focus) return c.value[c.at.indexOf(windowOf(focus.at))];
  const usual = Number(c.usual ?? 0);
  const since = windowOf(focus.worstSince);
  return c.value.reduce<number | null>((worst, v, i) => {
    if ((c.at[i] ?? 0) < since) return worst;
    return worst === null || Math.abs(Number(v) - usual) > Math.abs(worst - usual) ? v : worst;
  }, null);
}

const height = 130;

/** Seconds between the times on the axis: as a clock has them. */
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400];

/** Windows without a value are gaps: every window of the stretch has a place. */
function series(c: Data): uPlot.AlignedData {
  const from = Date.parse(c.from) / 1000;
  const step = Number(c.step_s ?? 1);
  const x: number[] = [];
  const value: (number | null)[] = [];
  const high: (number | null)[] = [];
  c.at.forEach((n, i) => {
    const before = c.at[i - 1];
    if (before !== undefined && n > before + 1) {
      x.push(from + (before + 1) * step);
      value.push(null);
      high.push(null);
    }
    x.push(from + n * step);
    value.push(c.value[i] ?? null);
    high.push(c.high[i] ?? null);
  });
  const line = (y: number | null) => x.map(() => (c.basis === "" ? null : y));
  return [x, line(c.usual_high), line(c.usual_low), high, value];
}

function options(width: number, c: Data, moments: Moment[], label: (t: number) => string): uPlot.Options {
  const soft = colour("--soft");
  const grid = { stroke: colour("--line"), width: 1 };
  const axis = { stroke: soft, grid, ticks: { ...grid, size: 4 }, font: "12px system-ui, sans-serif" };
  const none = { width: 0, points: { show: false } };
  const most = Math.max(...c.value.map((v) => Number(v ?? 0)), ...c.high.map((v) => Number(v ?? 0)), Number(c.usual_high ?? 0));
  return {
    width,
    height,
    padding: [6, 24, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { range: () => [0, most > 0 ? most * 1.08 : c.unit === "share" ? 0.05 : 1] } },
    axes: [
      { ...axis, values: (_, ts) => ts.map(label), incrs: steps, space: 80, size: 26 },
      { ...axis, values: (_, ys) => ys.map((y) => (y === 0 ? "0" : inUnit(y, c.unit))), size: 68, space: 34 },
    ],
    bands: [{ series: [1, 2], fill: colour("--band") }],
    series: [
      {},
      none,
      none,
      { stroke: colour("--before"), width: 1, points: { show: false } },
      { stroke: colour("--link"), width: 2, points: { show: c.at.length < 40, size: 4, fill: colour("--link") } },
    ],
    hooks: { draw: [(u) => mark(u, moments)] },
  };
}

function mark(u: uPlot, moments: Moment[]): void {
  const { ctx, bbox } = u;
  for (const m of moments) {
    const t = Date.parse(m.at) / 1000;
    const { min, max } = u.scales.x as { min?: number; max?: number };
    if (min === undefined || max === undefined || t < min || t > max) continue;
    const x = Math.round(u.valToPos(t, "x", true));
    ctx.save();
    ctx.strokeStyle = colour(m.kind === "onset" ? "--worse-fill" : m.kind === "here" ? "--link" : "--soft");
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash(m.kind === "change" ? [2 * devicePixelRatio, 2 * devicePixelRatio] : m.kind === "end" ? [6 * devicePixelRatio, 3 * devicePixelRatio] : []);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  }
}

/** Charts side by side, with what their lines mean. */
export function Charts({ charts, moments, focus }: { charts: Data[]; moments: Moment[]; focus: Focus }) {
  if (charts.length === 0) return <p class="soft">No window in memory holds it any more.</p>;
  return (
    <>
      <div class="charts">
        {charts.map((c) => (
          <Chart key={`${c.quantity}\n${c.service}\n${c.operation}\n${c.callee ?? ""}`} data={c} moments={moments} focus={focus} />
        ))}
      </div>
      <p class="soft legend">
        <Swatch kind="line" /> median (times) or mean, each window <Swatch kind="thin" /> slowest 5 % <Swatch kind="band" /> usual
        {moments.map((m) => (
          <span key={m.kind + m.at}>
            {" "}
            <Swatch kind={m.kind} /> {m.what}
          </span>
        ))}
      </p>
    </>
  );
}

function Swatch({ kind }: { kind: string }) {
  return (
    <svg width="18" height="12" viewBox="0 0 18 12" aria-hidden="true" class={`swatch ${kind}`}>
      {kind === "band" ? <rect width="18" height="12" /> : kind === "line" || kind === "thin" ? <path d="M0 6H18" /> : <path d="M9 0V12" />}
    </svg>
  );
}
