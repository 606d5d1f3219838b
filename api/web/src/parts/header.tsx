// What stands above every view: where to go, how far the service has read, how times and
// colours are shown.

import type { ServiceStatus } from "../api.gen";
import type { Resource } from "../fetch";
import { clock, known, span, zoneName } from "../format";
import { useLink } from "../live";
import { set, type Theme, useSettings } from "../settings";

const views = [
  ["/incidents", "Incidents", "i"],
  ["/topology", "Topology", "t"],
  ["/operations", "Operations", "o"],
  ["/compare", "Compare", "c"],
  ["/health", "Health", "h"],
] as const;

export function Header({ status, current, help }: { status: Resource<ServiceStatus>; current: string; help: () => void }) {
  const { zone, theme } = useSettings();
  const next: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
  return (
    <header class="top">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <a class="brand" href="/incidents" aria-label="culprit: incidents">
        <svg width="18" height="18" viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="8" cy="8" r="6.2" class="ring" />
          <circle cx="8" cy="8" r="2.6" class="dot" />
        </svg>
        culprit
      </a>
      <nav aria-label="Views">
        {views.map(([href, name, key]) => (
          <a key={href} href={href} aria-current={current === href ? "page" : undefined} title={`${name} (g ${key})`}>
            {name}
            {name === "Incidents" && status.data && status.data.open_incidents > 0 ? <span class="badge">{status.data.open_incidents}</span> : null}
          </a>
        ))}
      </nav>
      <Reading status={status} />
      <div class="choices">
        <button type="button" onClick={() => set({ zone: zone === "utc" ? "local" : "utc" })} title="Times in UTC or as this computer's clock has them (u)">
          {zone === "utc" ? "UTC" : zoneName(new Date().toISOString(), "local")}
        </button>
        <button type="button" onClick={() => set({ theme: next[theme] })} title="Colours: as the system has them, light, dark">
          {theme === "system" ? "auto" : theme}
        </button>
        <button type="button" onClick={help} aria-label="Keys" title="Keys (?)">
          ?
        </button>
      </div>
    </header>
  );
}

/** How far the service has read, and whether this page hears of news. */
function Reading({ status }: { status: Resource<ServiceStatus> }) {
  const { zone } = useSettings();
  const link = useLink();
  const s = status.data;
  if (status.error) {
    return (
      <p class="reading bad" role="status">
        {status.error.message}
      </p>
    );
  }
  if (!s) return <p class="reading">…</p>;
  const replay = s.sources.length > 0 && s.sources.every((x) => x.protocol === "recording");
  const sick = s.sources.filter((x) => !x.healthy).length;
  const lag = Date.now() - Date.parse(s.watermark);
  return (
    <p class={`reading${sick > 0 || link === "lost" ? " bad" : ""}`} role="status">
      {known(s.watermark) ? (
        <>
          {replay ? "recording" : "read"} to <time dateTime={s.watermark}>{clock(s.watermark, zone)}</time>
          {replay ? "" : `, ${span(lag)} behind`}
        </>
      ) : (
        "nothing read yet"
      )}
      {sick > 0 ? <a href="/health">, {sick === 1 ? "a source is" : `${sick} sources are`} unwell</a> : null}
      {link === "lost" ? ", not live" : ""}
    </p>
  );
}
