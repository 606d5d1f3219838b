// Text that comes out of traces, and times.

import { clock, cut, day, type Zone, visible, zoneName } from "../format";
import { useSettings } from "../settings";

/** The most characters of a name that are shown; all the title shows of it. */
const mostName = 120;
const mostSaid = 600;
const mostTitle = 2000;

/** A name out of a trace: isolated, cut, and with nothing invisible in it. */
export function Name({ text, most = mostName }: { text: string; most?: number }) {
  const shown = cut(visible(cut(text, mostTitle)), most);
  return (
    <bdi class="name" title={text.length > most ? visible(cut(text, mostTitle)) : undefined}>
      {shown}
    </bdi>
  );
}

/** A sentence of the service's, in which foreign names may stand. */
export function Said({ text }: { text: string }) {
  return <bdi>{cut(visible(cut(text, 4 * mostSaid)), mostSaid)}</bdi>;
}

/** A service, and an operation of it. */
export function Where({ service, operation }: { service?: string | undefined; operation?: string | undefined }) {
  return (
    <span class="where">
      {service ? <Name text={service} /> : <span class="soft">several services</span>}
      {operation ? (
        <>
          {" "}
          <span class="operation">
            <Name text={operation} />
          </span>
        </>
      ) : null}
    </span>
  );
}

/** A time; with its day unless that is the day of another time beside it. */
export function Time({ at, beside, zoned = false }: { at: string; beside?: string; zoned?: boolean }) {
  const { zone } = useSettings();
  return (
    <time dateTime={at} title={both(at)}>
      {when(at, zone, beside)}
      {zoned ? <span class="soft"> {zoneName(at, zone)}</span> : null}
    </time>
  );
}

/** A time in words, with its day unless it is that of another time. */
export function when(at: string, zone: Zone, beside?: string): string {
  const d = day(at, zone);
  return beside !== undefined && day(beside, zone) === d ? clock(at, zone) : `${d} ${clock(at, zone)}`;
}

function both(at: string): string {
  return `${when(at, "utc")} UTC, ${when(at, "local")} ${zoneName(at, "local")}`;
}
